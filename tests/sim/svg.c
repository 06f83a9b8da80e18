/*  =========================================================================
    svg - a run as a timeline

    Time goes to the right, nodes are lanes. The band of a lane shows what the
    node takes itself for; the bar above it, for how long it may say that it
    leads; what a test did to it stands at the top. Colours are chosen to be
    told apart on light and on dark ground, by the colour-blind too: by
    lightness as well as by hue.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "svg.h"
#include <stdio.h>
#include <string.h>

#define LEFT 46.0
#define TOP 145.0
#define LANE 78.0
#define BAND 14.0
#define WIDTH 860.0     //  At least, for the legend
#define SECOND 260.0    //  Pixels

#define DOWN ZELECT_ROLES    //  Beside the roles: a node that is not up

static const char s_head [] =
    "<style>\n"
    "  text { font: 11px sans-serif; fill: #222 }\n"
    "  .ground { fill: #fff } .grid { stroke: #ddd } .lane { stroke: #bbb }\n"
    "  .follower { fill: #c9d4e0 } .precandidate { fill: #f5d76e }\n"
    "  .candidate { fill: #ee9a3a } .leader_elect { fill: #8fd19e }\n"
    "  .leader { fill: #1f8a4c } .faulted { fill: #c0392b }\n"
    "  .lease { fill: #2f6fde } .frozen { fill: #6b7280; opacity: .55 }\n"
    "  .beat { stroke: #9aa5b1; stroke-width: .6; opacity: .55 }\n"
    "  .ask { stroke: #b9770e; stroke-width: 1.2 }\n"
    "  .yes { stroke: #1f8a4c; stroke-width: 1.2 }\n"
    "  .no { stroke: #c0392b; stroke-width: 1.2 }\n"
    "  .other { stroke: #7d5ba6; stroke-width: 1.2 }\n"
    "  .lost { stroke: #c0392b; stroke-width: .8; stroke-dasharray: 2 2 }\n"
    "  .note { stroke: #888; stroke-width: .8; stroke-dasharray: 4 3 }\n"
    "  .violation { fill: #c0392b; font-weight: bold }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    text { fill: #ddd } .ground { fill: #14171c } .grid { stroke: #2c323a }\n"
    "    .lane { stroke: #4a525c } .follower { fill: #3d4a5a } .lease { fill: #6ea0ff }\n"
    "    .leader { fill: #37b26c } .beat { stroke: #6b7682 } .frozen { fill: #aab3be }\n"
    "  }\n"
    "</style>\n"
    "<defs>\n"
    "  <marker id=\"tip\" viewBox=\"0 0 6 6\" refX=\"6\" refY=\"3\" markerWidth=\"5\"\n"
    "    markerHeight=\"5\" orient=\"auto\"><path d=\"M0 0 6 3 0 6z\" fill=\"#888\"/></marker>\n"
    "</defs>\n";

typedef struct {
    FILE *file;
    const sim_t *sim;
    uint64_t end;
} s_svg_t;

static double
s_x (const s_svg_t *self, uint64_t at)
{
    if (at > self->end)
        at = self->end;
    return LEFT + (double) at / 1e9 * SECOND;
}

static double
s_y (unsigned node)
{
    return TOP + node * LANE;
}

//  ----  Ground  --------------------------------------------------------------

static void
s_legend (const s_svg_t *self)
{
    static const char *const classes [] = {"follower", "precandidate", "candidate", "leader_elect",
                                           "leader",   "faulted",      "lease",     "frozen"};
    static const char *const names [] = {"follower", "pre-candidate", "candidate",  "leader-elect",
                                         "leader",   "faulted",       "lease held", "frozen"};
    for (unsigned index = 0; index < sizeof classes / sizeof classes [0]; index++)
        fprintf (self->file,
                 "<rect class=\"%s\" x=\"%.0f\" y=\"32\" width=\"12\" height=\"12\"/>"
                 "<text x=\"%.0f\" y=\"42\">%s</text>\n",
                 classes [index], LEFT + index * 100.0, LEFT + 16 + index * 100.0, names [index]);
}

static void
s_begin (const s_svg_t *self, const char *caption)
{
    double width = s_x (self, self->end) + 20 > WIDTH ? s_x (self, self->end) + 20 : WIDTH;
    double height = s_y (self->sim->count) - 10;
    fprintf (self->file,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
             "viewBox=\"0 0 %.0f %.0f\">\n"
             "<title>A simulated election</title>\n%s"
             "<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n"
             "<text x=\"%.0f\" y=\"20\">%s</text>\n",
             width, height, width, height, s_head, LEFT, caption);
    s_legend (self);
    for (uint64_t at = 0; at <= self->end; at += 500 * ZELECT_MS)
        fprintf (self->file,
                 "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>"
                 "<text x=\"%.1f\" y=\"%.0f\">%.1f s</text>\n",
                 s_x (self, at), s_x (self, at), TOP - 22, height, s_x (self, at) + 2, height - 4,
                 (double) at / 1e9);
    for (unsigned node = 0; node < self->sim->count; node++)
        fprintf (self->file,
                 "<line class=\"lane\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.0f\" y2=\"%.0f\"/>"
                 "<text x=\"12\" y=\"%.0f\">n%u</text>\n",
                 LEFT, width - 20, s_y (node) + BAND / 2, s_y (node) + BAND / 2,
                 s_y (node) + BAND - 3, node + 1);
}

static void
s_box (const s_svg_t *self,
       const char *name,
       uint64_t from,
       uint64_t to,
       double y,
       double height,
       uint64_t term)
{
    double width = s_x (self, to) - s_x (self, from);
    if (width < 0.8)    //  Short, but it happened
        width = 0.8;
    fprintf (self->file,
             "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\">"
             "<title>%s, term %llu, %.0f to %.0f ms</title></rect>\n",
             name, s_x (self, from), y, width, height, name, (unsigned long long) term,
             (double) from / 1e6, (double) to / 1e6);
}

//  ----  Lanes  ---------------------------------------------------------------

//  The bands of a node, from one change to the next.

static void
s_draw_bands (const s_svg_t *self, unsigned node)
{
    uint64_t since = 0, term = 0, frozen = ZELECT_NEVER;
    unsigned role = DOWN;
    const sim_marks_t *marks = &self->sim->marks;
    for (size_t index = 0; index <= marks->count; index++) {
        sim_mark_t end = {.kind = SIM_MARK_DOWN, .node = (uint8_t) node, .at = self->end};
        const sim_mark_t *mark = index < marks->count ? &marks->list [index] : &end;
        if (mark->node != node || mark->kind > SIM_MARK_ROLE)
            continue;
        if (mark->kind == SIM_MARK_FROZEN)
            frozen = mark->at;
        if (frozen != ZELECT_NEVER
            && (mark->kind == SIM_MARK_THAWED || mark->kind == SIM_MARK_DOWN)) {
            s_box (self, "frozen", frozen, mark->at, s_y (node) - 3, BAND + 6, term);
            frozen = ZELECT_NEVER;
        }
        if (mark->kind == SIM_MARK_FROZEN || mark->kind == SIM_MARK_THAWED)
            continue;
        if (role != DOWN)
            s_box (self, zelect_role_name ((zelect_role_t) role), since, mark->at, s_y (node), BAND,
                   term);
        role = mark->kind == SIM_MARK_DOWN ? (unsigned) DOWN
               : mark->kind == SIM_MARK_UP ? (unsigned) ZELECT_ROLE_FOLLOWER
                                           : (unsigned) mark->value;
        since = mark->at;
        term = mark->term;
    }
}

//  A lease is a bar from its beginning to where it was dropped, or ended.

static void
s_draw_leases (const s_svg_t *self, unsigned node)
{
    uint64_t since = 0, until = 0, term = 0;
    const sim_marks_t *marks = &self->sim->marks;
    for (size_t index = 0; index <= marks->count; index++) {
        sim_mark_t end = {.kind = SIM_MARK_DOWN, .node = (uint8_t) node, .at = self->end};
        const sim_mark_t *mark = index < marks->count ? &marks->list [index] : &end;
        if (mark->node != node || (mark->kind != SIM_MARK_LEASE && mark->kind != SIM_MARK_DOWN))
            continue;
        bool goes_on = mark->kind == SIM_MARK_LEASE && mark->value && mark->term == term;
        if (until && goes_on && mark->at <= until) {
            until = mark->value;
            continue;
        }
        if (until)
            s_box (self, "lease", since, mark->at < until ? mark->at : until, s_y (node) - 8, 5,
                   term);
        since = mark->at;
        term = mark->term;
        until = mark->kind == SIM_MARK_LEASE ? mark->value : 0;
    }
}

//  ----  Messages and notes  --------------------------------------------------

static const char *
s_class_of (const sim_mark_t *mark)
{
    switch (mark->message) {
    case ZELECT_MESSAGE_PREVOTE:
    case ZELECT_MESSAGE_VOTE:
        return "ask";
    case ZELECT_MESSAGE_PREVOTE_REPLY:
    case ZELECT_MESSAGE_VOTE_REPLY:
        return mark->granted ? "yes" : "no";
    case ZELECT_MESSAGE_HEARTBEAT:
        return "beat";
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        return mark->granted ? "beat" : "no";
    default:
        return "other";
    }
}

static void
s_draw_message (const s_svg_t *self, const sim_mark_t *mark)
{
    bool is_lost = mark->kind == SIM_MARK_LOST;
    bool goes_down = mark->other > mark->node;
    double from = s_y (mark->node) + (goes_down ? BAND : 0);
    double to = s_y (mark->other) + (goes_down ? 0 : BAND);
    if (is_lost)
        to = from + (to > from ? 14 : -14);
    const char *name = is_lost ? "lost" : s_class_of (mark);
    bool is_beat = name [0] == 'b';
    fprintf (self->file,
             "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"%s>"
             "<title>%s</title></line>\n",
             name, s_x (self, mark->at), from, s_x (self, mark->value), to,
             is_beat || is_lost ? "" : " marker-end=\"url(#tip)\"",
             zelect_message_name (mark->message));
}

#define ROWS 6
#define LETTER 5.6    //  Pixels, about

static void
s_draw_note (const s_svg_t *self, const sim_mark_t *mark, double free_from [ROWS])
{
    bool is_bad = mark->kind == SIM_MARK_VIOLATION;
    double x = s_x (self, mark->at);
    unsigned row = 0;
    while (row < ROWS - 1 && free_from [row] > x)
        row++;
    free_from [row] = x + LETTER * (double) strlen (mark->text) + 8;
    double y = 60 + 13.0 * row;
    fprintf (self->file,
             "<line class=\"note\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>"
             "<text%s x=\"%.1f\" y=\"%.0f\">%s</text>\n",
             x, x, y, s_y (self->sim->count) - 24, is_bad ? " class=\"violation\"" : "", x + 3, y,
             mark->text);
}

//  What set the run up happened before there was anything to see.

static void
s_draw_marks (const s_svg_t *self)
{
    const sim_marks_t *marks = &self->sim->marks;
    double free_from [ROWS] = {0};
    for (size_t index = 0; index < marks->count; index++) {
        const sim_mark_t *mark = &marks->list [index];
        bool is_note =
            (mark->kind == SIM_MARK_NOTE && mark->at) || mark->kind == SIM_MARK_VIOLATION;
        if (mark->at <= self->end
            && (mark->kind == SIM_MARK_MESSAGE || mark->kind == SIM_MARK_LOST))
            s_draw_message (self, mark);
        else if (is_note && mark->at <= self->end)
            s_draw_note (self, mark, free_from);
    }
}

int
svg_write (const char *path, const plan_t *plan, const char *caption)
{
    static run_t run;
    plan_t calm = *plan;
    calm.is_steady = false;    //  What does not move a leader is not worth a picture
    run_init (&run);
    run.sim.is_traced = run.sim.marks.are_kept = true;
    run_perform (&run, &calm);
    run_pass (&run, run.timeout_ns);
    s_svg_t self = {fopen (path, "w"), &run.sim, run.sim.now};
    if (!self.file)
        return -1;
    s_begin (&self, caption);
    for (unsigned node = 0; node < run.sim.count; node++) {
        s_draw_bands (&self, node);
        s_draw_leases (&self, node);
    }
    s_draw_marks (&self);
    fputs ("</svg>\n", self.file);
    int rc = ferror (self.file) ? -1 : 0;
    if (fclose (self.file))
        rc = -1;
    run_free (&run);
    return rc;
}
