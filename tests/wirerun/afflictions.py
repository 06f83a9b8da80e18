"""afflictions.py - what a storm does to members

KINDS names each of them, with how often it happens and a function that does it if it can be done now. What the
leader suffers costs it its leadership, but for short stops; what followers suffer may not.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import functools
import signal
import time


def index_of(member):
    return int(member.name[1:])


def follower(storm, leader):
    return storm.random.choice([member for member in storm.sound() if member is not leader])


def of_leader(function):
    """Done to the leader."""
    @functools.wraps(function)
    def do(storm, kind, leader):
        if storm.can_afflict(leader):
            function(storm, kind, leader)
    return do


def of_follower(function):
    """Done to one of those who follow."""
    @functools.wraps(function)
    def do(storm, kind, leader):
        victim = follower(storm, leader)
        if storm.can_afflict(victim):
            function(storm, kind, victim)
    return do


# ---- Processes that end or do not run

def kill(storm, kind, victim):
    if victim is storm.spared:
        return
    deed = storm.note(kind, victim, halts=True)
    victim.kill()
    storm.done(deed, functools.partial(storm.revive, victim))


def end(storm, kind, victim):
    if victim is storm.spared:
        return
    deed = storm.note(kind, victim, halts=True, told=True)
    code = victim.quit()
    assert code == 0, f"{victim.life.who} ended with {code}"
    storm.done(deed, functools.partial(storm.revive, victim))


def kill_again_and_again(storm, kind, victim):
    if victim is storm.spared:
        return
    deed = storm.note(kind, victim, halts=True)
    for _ in range(storm.random.randint(2, 4)):
        victim.kill()
        storm.revive(victim)
        time.sleep(storm.random.random() * 0.1)
    storm.done(deed)


def stop(storm, kind, victim):
    deed = storm.note(kind, victim, halts=True)
    victim.signal(signal.SIGSTOP)
    storm.done(deed, functools.partial(victim.signal, signal.SIGCONT))


# ---- Links

def cut_links(storm, kind, victim, links, afflicts=None):
    names = [(f"n{source}", f"n{target}") for source, target in links]
    deed = storm.note(kind, victim, afflicts, links=names)
    storm.cuts.cut(links)
    storm.done(deed, functools.partial(storm.cuts.heal, links))


def outward(victim, others):
    return [(index_of(victim), index_of(other)) for other in others if other is not victim]


def inward(victim, others):
    return [link[::-1] for link in outward(victim, others)]


def cut_off(storm, kind, victim):
    others = storm.cluster.members
    cut_links(storm, kind, victim, outward(victim, others) + inward(victim, others))


def deafen(storm, kind, victim):
    cut_links(storm, kind, victim, inward(victim, storm.cluster.members))


def mute(storm, kind, victim):
    cut_links(storm, kind, victim, outward(victim, storm.cluster.members))


def cut_from_three(storm, kind, leader):
    """Each link one way or both, as it comes: it is linked both ways to one other at most."""
    others = storm.random.sample([member for member in storm.cluster.members if member is not leader], 3)
    links = []
    for other in others:
        both = outward(leader, [other]) + inward(leader, [other])
        links += storm.random.choice([both, both[:1], both[1:]])
    cut_links(storm, kind, leader, links)


def cut_from_two(storm, kind, leader):
    """It is linked to a majority still."""
    others = [member for member in storm.sound() if member is not leader]
    victims = storm.random.sample(others, min(2, len(others)))
    if storm.can_afflict(*victims):
        cut_links(storm, kind, leader, storm.random.choice([
            outward(leader, victims), inward(leader, victims), outward(leader, victims) + inward(leader, victims)]),
                  victims)


def cut_followers(storm, kind, leader):
    """A link that the leader does not need. One at a time, that whoever follows can have a majority."""
    if any(deed.kind == kind for deed in storm.open):
        return
    one, other = storm.random.sample([member for member in storm.cluster.members if member is not leader], 2)
    links = outward(one, [other]) + inward(one, [other])
    cut_links(storm, kind, one, storm.random.choice([links, links[:1]]), [])


# ---- What a leader is told

def tell(storm, kind, leader, command, undo=None, timeouts=0.0):
    deed = storm.note(kind, leader, [], told=True)
    leader.life.tell(command)
    storm.done(deed, undo, timeouts)


def resign(storm, kind, leader):
    tell(storm, kind, leader, "resign")


def transfer(storm, kind, leader):
    tell(storm, kind, leader, f"transfer {follower(storm, leader).name}")


def fall_ill(storm, kind, leader):
    def get_well():
        if leader.is_alive():    # Else the next process is well
            leader.life.tell("healthy 1")

    tell(storm, kind, leader, "healthy 0", get_well, timeouts=2.0)


KINDS = {
    "leader killed": (10, of_leader(kill)),
    "leader stopped": (8, of_leader(stop)),
    "leader cut off": (8, of_leader(cut_off)),
    "leader hears nobody": (6, of_leader(deafen)),
    "leader is not heard": (6, of_leader(mute)),
    "leader cut from three": (6, of_leader(cut_from_three)),
    "leader ends": (4, of_leader(end)),
    "leader resigns": (4, resign),
    "leader transfers": (4, transfer),
    "leader falls ill": (3, fall_ill),
    "follower killed": (4, of_follower(kill)),
    "follower killed again": (2, of_follower(kill_again_and_again)),
    "follower stopped": (4, of_follower(stop)),
    "follower cut off": (3, of_follower(cut_off)),
    "follower hears nobody": (3, of_follower(deafen)),
    "follower is not heard": (3, of_follower(mute)),
    "leader cut from two": (3, cut_from_two),
    "two followers cut": (3, cut_followers),
}
