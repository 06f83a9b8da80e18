"""cuts.py - links of a network (network.py) that are cut and healed one way and each on its own

    cuts = Cuts(network)
    cuts.cut([(1, 2), (2, 1)])      # Nothing from member 1 to 2, nor back
    cuts.heal([(2, 1)])

A link is cut where its packets arrive or where they leave, whichever end has more of the links in hand: so that
whatever is cut together is mostly one table, loaded at one instant.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import subprocess

CHAINS = {"INPUT": "-s", "OUTPUT": "-d"}


class Cuts:
    def __init__(self, network):
        self.network = network
        self.rules = {index: set() for index in network.members}

    @staticmethod
    def place(links):
        """Where each link is cut: {link: (member, chain, the other)}."""
        row = [end for link in links for end in link]
        return {(source, target): (source, "OUTPUT", target) if row.count(source) > row.count(target)
                else (target, "INPUT", source) for source, target in links}

    def cut(self, links):
        places = self.place(links)
        for index, chain, other in places.values():
            self.rules[index].add((chain, other))
        self.load({index for index, _, _ in places.values()})

    def heal(self, links):
        touched = set()
        for source, target in links:
            for index, rule in ((source, ("OUTPUT", target)), (target, ("INPUT", source))):
                if rule in self.rules[index]:
                    self.rules[index].remove(rule)
                    touched.add(index)
        self.load(touched)

    def load(self, members):
        for index in sorted(members):
            table = ["*filter", ":INPUT ACCEPT", ":OUTPUT ACCEPT"]
            table += [f"-A {chain} {CHAINS[chain]} {self.network.address(other)} -j DROP"
                      for chain, other in sorted(self.rules[index])]
            subprocess.run([*self.network.prefix(index), "iptables-restore", "-w"], check=True,
                           input="\n".join([*table, "COMMIT", ""]), text=True)
