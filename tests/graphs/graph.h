/*  =========================================================================
    graph - a directed graph of links between the members of a cluster

    A graph of n nodes is a number of n (n - 1) bits, one for each link from one
    node to another; in the order (0,1), (0,2) ... (1,0), (1,2) ...

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef GRAPH_H_INCLUDED
#define GRAPH_H_INCLUDED

#include <stdbool.h>
#include <stdint.h>

#define GRAPH_NODES 5

typedef uint32_t graph_t;

//  --------------------------------------------------------------------------
//  How many graphs of so many nodes there are; the one with all links.

graph_t graph_count (unsigned size);
graph_t graph_full (unsigned size);

//  --------------------------------------------------------------------------
//  Whether there is a link; the graph with a link added, or with the links
//  between two nodes taken away.

bool graph_links (graph_t graph, unsigned size, unsigned from, unsigned to);
graph_t graph_with (graph_t graph, unsigned size, unsigned from, unsigned to);
graph_t graph_cut (graph_t graph, unsigned size, unsigned one, unsigned other);

//  --------------------------------------------------------------------------
//  The nodes that are linked both ways to a majority, each counting itself.

uint32_t graph_centres (graph_t graph, unsigned size);

//  --------------------------------------------------------------------------
//  Whether no renaming of the nodes gives a graph of a smaller number: one
//  graph of each kind has that property.

bool graph_is_first (graph_t graph, unsigned size);

#endif
