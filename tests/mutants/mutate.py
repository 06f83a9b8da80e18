#!/usr/bin/python3
"""mutate.py - every small change that somebody could make to a C source, one at a time

A mutant is a file's text with one change: a bound moved by one, an operator swapped, a condition or a part of one
fixed, a constant off by one, a statement dropped, min taken for max. Comments, strings, preprocessor lines and
ZELECT_CHECK (assertions: they have no effect in a core that is right) are left alone. What comes out need not
compile; whoever uses it finds that out.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
from dataclasses import dataclass

TOKEN = re.compile(r"[A-Za-z_]\w*|0[xX][0-9a-fA-F]+|\d+|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S")
BLANKED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
                     re.S | re.M)
FUNCTION = re.compile(r"^([a-z]\w*) \(", re.M)

# What a binary operator is swapped for.
SWAPS = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "<<": [">>"], ">>": ["<<"], "|": ["&"], "&": ["|"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
    "++": ["--"], "--": ["++"],
}
WORDS = {
    "true": ["false"], "false": ["true"],
    "zelect_step_min": ["zelect_step_max"], "zelect_step_max": ["zelect_step_min"],
}
OPENING, CLOSING = "([{", ")]}"
TYPES = re.compile(r"(const|static|unsigned|bool|void|size_t|char|int|struct|typedef|u?int\d+_t|zelect_\w+_t)$")


@dataclass(frozen=True)
class Mutant:
    """One change: which file, what happened, where, and the text of the file with it."""
    path: str
    operator: str
    function: str
    old: str     # The lines that changed, blanks squeezed
    new: str
    text: str

    @property
    def key(self):
        return f"{self.path} {self.function}\n- {self.old}\n+ {self.new}"


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    end: int


def blank(source):
    """The source with comments, strings and the like overwritten by blanks."""
    return BLANKED.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


class Source:
    """A file's tokens, with brackets matched and assertions taken out."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.tokens = [Token(found.group(), *found.span()) for found in TOKEN.finditer(blank(text))]
        self.partner, self.depth, stack = {}, [], []
        for index, token in enumerate(self.tokens):
            if token.text in CLOSING:
                self.partner[stack[-1]] = index
                self.partner[index] = stack.pop()
            self.depth.append(sum(self.tokens[open_].text == "{" for open_ in stack))
            if token.text in OPENING:
                stack.append(index)
        self.checked = [(token.start, self.tokens[self.partner[index + 1]].end)
                        for index, token in enumerate(self.tokens) if token.text in ("ZELECT_CHECK", "static_assert")]

    def word(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def is_binary(self, index):
        """Whether an operator that may be unary, or part of a type, stands between two values here."""
        before = self.word(index - 1)
        if self.word(index) == "*" and (TYPES.match(before) or self.word(index + 1) in ("const", ")")):
            return False
        return before in (")", "]") or (re.match(r"\w", before) and before not in ("return", "case"))

    def function_of(self, offset):
        found = [match for match in FUNCTION.finditer(self.text) if match.start() < offset]
        return found[-1].group(1) if found else ""

    def change(self, operator, first, last, replacement):
        """The mutant in which the tokens first to last read otherwise."""
        start, end = self.tokens[first].start, self.tokens[last].end
        text = self.text[:start] + replacement + self.text[end:]
        line_start = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", end)
        squeeze = lambda lines: re.sub(r"\s+", " ", lines).strip()
        old = squeeze(self.text[line_start:line_end])
        new = squeeze(text[line_start:line_end + len(text) - len(self.text)])
        return Mutant(self.path, operator, self.function_of(start), old, new, text)


def swapped(source):
    for index, token in enumerate(source.tokens):
        for other in SWAPS.get(token.text, []):
            if token.text not in "-+*&|" or source.is_binary(index):
                yield source.change("operator", index, index, other)
        for other in WORDS.get(token.text, []):
            yield source.change("word", index, index, other)
        if token.text in "!~" and source.word(index + 1) != "=":
            yield source.change("negation", index, index, "")


def moved_constants(source):
    for index, token in enumerate(source.tokens):
        if re.match(r"0[xX][0-9a-fA-F]{5}", token.text) or not re.match(r"\d", token.text):
            continue
        value = int(token.text, 0)
        for other in {value + 1, max(value - 1, 0)} - {value}:
            yield source.change("constant", index, index, str(other))


def operands(source, first, last):
    """The parts of a condition: all of it, and what && and || join, inside brackets too."""
    yield first, last
    begin, index, parts = first, first, []
    while index <= last:
        word = source.word(index)
        if word in ("&&", "||"):
            parts.append((begin, index - 1))
            begin = index + 1
        if word in OPENING:
            inner = list(operands(source, index + 1, source.partner[index] - 1))
            yield from inner[1:]
            index = source.partner[index]
        index += 1
    if parts:
        yield from parts + [(begin, last)]


def fixed_conditions(source):
    for index, token in enumerate(source.tokens):
        if token.text in ("if", "while") and source.word(index + 1) == "(":
            first, last = index + 2, source.partner[index + 1] - 1
        elif token.text == "return" and source.word(index + 1) != ";":
            first, last = index + 1, index
            while source.word(last + 1) != ";":
                last = max(last + 1, source.partner.get(last + 1, 0))
            if not any(source.word(each) in ("&&", "||") for each in range(first, last)):
                continue
        else:
            continue
        for begin, end in operands(source, first, last):
            yield source.change("condition", begin, end, "true")
            yield source.change("condition", begin, end, "false")


def dropped_statements(source):
    for index, token in enumerate(source.tokens):
        if token.text != ";" or source.depth[index] == 0:
            continue
        begin = index
        while source.word(begin - 1) not in (";", "{", "}", ":", "else"):
            before = begin - 1
            if source.word(before) == ")":
                before = source.partner[before]
                if source.word(before - 1) in ("if", "for", "while", "switch"):
                    break
            elif source.word(before) in ("]", "}"):
                before = source.partner[before]
            elif source.word(before) == "(":
                break    # Inside the head of a for
            begin = before
        is_value = source.word(begin) == "return" and index > begin + 1
        is_head = source.word(begin - 1) == "(" or source.word(begin) == "for"
        is_type = TYPES.match(source.word(begin)) and source.word(begin + 1) != "("
        if begin < index and not (is_value or is_head or is_type):
            yield source.change("statement", begin, index, ";")


def mutants(path, text):
    """All mutants of a file, each text once."""
    source, seen = Source(path, text), {text}
    for kind in (swapped, moved_constants, fixed_conditions, dropped_statements):
        for mutant in kind(source):
            start = len(os.path.commonprefix([text, mutant.text]))
            if mutant.text not in seen and not any(begin <= start < end for begin, end in source.checked):
                seen.add(mutant.text)
                yield mutant
