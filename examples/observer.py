#   observer.py - who leads? With nothing but pyzmq, protobuf and the schema
#
#   observer.py tcp://127.0.0.1:5681 hello [zelect.binpb] watches the cluster of
#   hello.c. The schema lies in share/zelect, and in the build directory.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

import sys, zmq
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
schema = sys.argv[3] if len(sys.argv) > 3 else "/usr/local/share/zelect/zelect.binpb"
pool = descriptor_pool.DescriptorPool()
pool.Add(descriptor_pb2.FileDescriptorSet.FromString(open(schema, "rb").read()).file[0])
get = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
FeedMessage = get(pool.FindMessageTypeByName("zelect.v1.FeedMessage"))
feed = zmq.Context.instance().socket(zmq.SUB)
feed.connect(sys.argv[1])
feed.subscribe(f"zelect/{sys.argv[2]}/state/")
while True:
    state = FeedMessage.FromString(feed.recv_multipart()[1]).state
    print(f"{state.node}: {state.leader or 'nobody'} leads in term {state.term}", flush=True)
