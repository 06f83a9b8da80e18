/*  =========================================================================
    graph - a directed graph of links between the members of a cluster

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "graph.h"
#include <assert.h>

static graph_t
s_bit (unsigned size, unsigned from, unsigned to)
{
    assert (from < size && to < size && from != to);
    return (graph_t) 1 << (from * (size - 1) + to - (to > from));
}

graph_t
graph_count (unsigned size)
{
    assert (size && size <= GRAPH_NODES);
    return (graph_t) 1 << (size * (size - 1));
}

graph_t
graph_full (unsigned size)
{
    return graph_count (size) - 1;
}

bool
graph_links (graph_t graph, unsigned size, unsigned from, unsigned to)
{
    return from == to || (graph & s_bit (size, from, to));
}

graph_t
graph_with (graph_t graph, unsigned size, unsigned from, unsigned to)
{
    return graph | s_bit (size, from, to);
}

graph_t
graph_cut (graph_t graph, unsigned size, unsigned one, unsigned other)
{
    return graph & ~(s_bit (size, one, other) | s_bit (size, other, one));
}

uint32_t
graph_centres (graph_t graph, unsigned size)
{
    uint32_t centres = 0;
    for (unsigned node = 0; node < size; node++) {
        unsigned linked = 0;
        for (unsigned other = 0; other < size; other++)
            linked +=
                graph_links (graph, size, node, other) && graph_links (graph, size, other, node);
        if (2 * linked > size)
            centres |= 1u << node;
    }
    return centres;
}

//  The graph after the nodes have got new names.

static graph_t
s_rename (graph_t graph, unsigned size, const unsigned *names)
{
    graph_t renamed = 0;
    for (unsigned from = 0; from < size; from++)
        for (unsigned to = 0; to < size; to++)
            if (from != to && graph_links (graph, size, from, to))
                renamed |= s_bit (size, names [from], names [to]);
    return renamed;
}

//  Whether no way of naming the nodes from `node` on gives a smaller number.

static bool
s_is_first (graph_t graph, unsigned size, unsigned *names, unsigned node)
{
    if (node == size)
        return s_rename (graph, size, names) >= graph;
    for (unsigned other = node; other < size; other++) {
        unsigned kept = names [node];
        names [node] = names [other];
        names [other] = kept;
        bool is_first = s_is_first (graph, size, names, node + 1);
        names [other] = names [node];
        names [node] = kept;
        if (!is_first)
            return false;
    }
    return true;
}

bool
graph_is_first (graph_t graph, unsigned size)
{
    unsigned names [GRAPH_NODES] = {0, 1, 2, 3, 4};
    return s_is_first (graph, size, names, 0);
}
