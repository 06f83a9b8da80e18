"""feed.py - an outsider who listens to the feeds of a cluster, with nothing but pyzmq and the schema

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import threading

import zmq
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import network
from machine import BUILD, now_ns

def load_feed_message():
    """The class of FeedMessage, from the installed schema alone."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString((BUILD / "zelect.binpb").read_bytes())
    for file in files.file:
        pool.Add(file)
    descriptor = pool.FindMessageTypeByName("zelect.v1.FeedMessage")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


State = collections.namedtuple("State", "time_ns node incarnation sequence role term leader reason voter")
Beat = collections.namedtuple("Beat", "time_ns node incarnation sequence term round")

ROLES = ["", "follower", "precandidate", "candidate", "leader_elect", "leader", "faulted"]


class Feed(threading.Thread):
    """An outsider who subscribes to the feeds of a cluster and writes down what it hears."""

    def __init__(self, cluster, endpoints, beats=False, namespace=None):
        super().__init__(daemon=True)
        self.topic = f"zelect/{cluster}/" + ("" if beats else "state/")
        self.endpoints = endpoints
        self.namespace = namespace
        self.states = []
        self.beats = []
        self.error = None
        self.is_over = threading.Event()
        self.start()

    def run(self):
        try:
            self.listen()
        except Exception as error:    # pylint: disable=broad-except
            self.error = error

    def listen(self):
        # The namespace is the thread's; that of libzmq's threads is this one's
        if self.namespace:
            network.enter(self.namespace)
        message_type = load_feed_message()
        context = zmq.Context()
        sub = context.socket(zmq.SUB)
        for option, value in ((zmq.RCVHWM, 0), (zmq.LINGER, 0), (zmq.RECONNECT_IVL, 10),
                              (zmq.RECONNECT_IVL_MAX, 40)):
            sub.setsockopt(option, value)
        sub.subscribe(self.topic)
        for endpoint in self.endpoints:
            sub.connect(endpoint)
        while not self.is_over.is_set():
            if sub.poll(50):
                self.take(sub, message_type)
        sub.close()
        context.term()

    def take(self, sub, message_type):
        while True:
            try:
                topic, payload = sub.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            message = message_type.FromString(payload)
            kind = message.WhichOneof("body")
            if kind == "state":
                self.take_state(message.state)
            elif kind == "heartbeat":
                beat = message.heartbeat
                self.beats.append(Beat(now_ns(), topic.decode().rpartition("/")[2], beat.incarnation,
                                       beat.sequence, beat.term, beat.round))

    def take_state(self, state):
        self.states.append(State(now_ns(), state.node, state.incarnation, state.sequence, ROLES[state.role],
                                 state.term, state.leader, state.reason, state.voter))

    def stop(self):
        self.is_over.set()
        self.join()

    def claims(self, by_life=True):
        """Who was elected in which term, in the history that outsiders received."""
        return [(state.term, f"{state.node}#{state.incarnation:x}" if by_life else state.node)
                for state in list(self.states) if state.role in ("leader_elect", "leader")]
