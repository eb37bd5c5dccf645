#!/usr/bin/env bash
# A message of MQTT reaches a subscriber at the lower of two qualities of service: the one that it was published at, and the one
# that the subscription was granted (MQTT 3.1.1, section 3.8.4). The broker amqtt keeps to that for the messages that it
# retains, and not for those that it passes on: these are delivered at the quality of the subscription, also where it is higher.
#
#   amqtt 0.12.1 with paho-mqtt 2.2.0: published at 0, subscribed at 2, delivered at 2 with all four steps of the exchange.
#
# So a stream that was published without acknowledgements, for speed, makes three more packets a message for each subscriber
# that asked for "the best there is"; and the quality that arrives says nothing about the one that was sent.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check amqtt==0.12.1 paho-mqtt==2.2.0

cat >talk.py <<'PY'
import asyncio, logging, queue, socket, threading

import paho.mqtt.client as mqtt
from amqtt.broker import Broker

logging.disable(logging.CRITICAL)
with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = free.getsockname()[1]


def client(name):
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
    made.heard, made.granted = queue.Queue(), threading.Event()
    made.on_message = lambda _client, _data, message: made.heard.put(message)
    made.on_subscribe = lambda *_: made.granted.set()
    made.connect("127.0.0.1", PORT)
    made.loop_start()
    return made


def talk():
    publisher, subscriber = client("publisher"), client("subscriber")
    publisher.publish("kept", "x", 1, retain=True).wait_for_publish(30)
    subscriber.subscribe([("kept", 2), ("live", 2)])
    assert subscriber.granted.wait(30)
    message = subscriber.heard.get(timeout=30)
    print(f"retained: published at 1, subscribed at 2, delivered at {message.qos}")
    for qos in (0, 1):
        publisher.publish("live", "x", qos).wait_for_publish(30)
        message = subscriber.heard.get(timeout=30)
        print(f"passed on: published at {qos}, subscribed at 2, delivered at {message.qos}")
    for each in (publisher, subscriber):
        each.disconnect()
        each.loop_stop()


async def main():
    anyone = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{PORT}"}}
    broker = Broker({"listeners": listeners, "plugins": anyone})
    await broker.start()
    await asyncio.to_thread(talk)
    await broker.shutdown()


asyncio.run(main())
PY
timeout 120 python/bin/python talk.py | tee seen

diff - seen <<'EXPECTED'
retained: published at 1, subscribed at 2, delivered at 1
passed on: published at 0, subscribed at 2, delivered at 2
passed on: published at 1, subscribed at 2, delivered at 2
EXPECTED
