"""The program that shows a keyring's password prompt, without a screen: prompter.py MODE PASSWORD

MODE is what it does with every prompt: `silent` leaves it open, `declines` dismisses it, `answers` types the
password. Prints `ready`, and `shown` for each prompt that a person would see. Reads commands from stdin, and
ends with it:

  answer   types the password in the prompts that are open
  decline  dismisses them
  count N  prints `count N: ` and how many prompts were begun

The exchange is that of gcr: interface org.gnome.keyring.internal.Prompter, secrets as in gcr-secret-exchange.c.
"""

import base64
import hashlib
import hmac
import re
import subprocess
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.gnome.keyring.SystemPrompter"
PATH = "/org/gnome/keyring/Prompter"
PROMPTER = "org.gnome.keyring.internal.Prompter"
CALLBACK = "org.gnome.keyring.internal.Prompter.Callback"

mode, password = sys.argv[1:]

# Diffie-Hellman with the private key 1: the generator, 2, is the public key, and the shared secret is the
# other's public key. There is nobody to hide from on a private bus.
EXCHANGE = "[sx-aes-1]\npublic=" + base64.b64encode(b"\2").decode() + "\n"
PRIME_BYTES = 1536 // 8


def with_secret(exchange, secret):
    """The secret as gcr receives it: AES-128-CBC, under HKDF-SHA-256 of the shared secret."""
    shared = base64.b64decode(re.search("^public=(.*)$", exchange, re.M)[1]).rjust(PRIME_BYTES, b"\0")
    extracted = hmac.digest(bytes(32), shared, hashlib.sha256)
    key = hmac.digest(extracted, b"\1", hashlib.sha256)[:16]
    iv = bytes(16)
    command = ["openssl", "enc", "-aes-128-cbc", "-K", key.hex(), "-iv", iv.hex()]
    encrypted = subprocess.run(command, input=secret.encode(), stdout=subprocess.PIPE, check=True).stdout
    return EXCHANGE + f"secret={base64.b64encode(encrypted).decode()}\niv={base64.b64encode(iv).decode()}\n"


def say(line):
    print(line, flush=True)


def send(caller, method, *args):
    """Calls the one who asked, after its own call has been answered. That it is gone by now is no error."""
    call = bus.get_object(*caller, introspect=False).get_dbus_method(method, CALLBACK)
    ignored = lambda *_: None
    GLib.idle_add(lambda: call(*args, reply_handler=ignored, error_handler=ignored))


class Prompter(dbus.service.Object):
    begun = 0
    shown = {}

    def reply(self, caller, answer, exchange=EXCHANGE):
        properties = dbus.Dictionary(signature="sv")
        send(caller, "PromptReady", answer, properties, exchange)

    def answer(self):
        for caller, exchange in self.taken():
            self.reply(caller, "yes", with_secret(exchange, password))

    def decline(self):
        for caller, _ in self.taken():
            self.reply(caller, "no")

    def taken(self):
        shown, self.shown = self.shown, {}
        return shown.items()

    @dbus.service.method(PROMPTER, in_signature="o", sender_keyword="sender")
    def BeginPrompting(self, callback, sender):
        self.begun += 1
        self.reply((sender, callback), "")

    @dbus.service.method(PROMPTER, in_signature="osa{sv}s", sender_keyword="sender")
    def PerformPrompt(self, callback, kind, properties, exchange, sender):
        self.shown[sender, callback] = exchange
        say("shown")
        {"silent": lambda: None, "declines": self.decline, "answers": self.answer}[mode]()

    @dbus.service.method(PROMPTER, in_signature="o", sender_keyword="sender")
    def StopPrompting(self, callback, sender):
        self.shown.pop((sender, callback), None)
        send((sender, callback), "PromptDone")


def command(source, condition):
    word, *arguments = source.readline().decode().split() or ["end"]
    if word == "end":
        loop.quit()
    elif word == "count":
        # What was sent to us before is delivered before the answer to a call of our own.
        told = lambda _: say(f"count {arguments[0]}: {prompter.begun}")
        bus.get_object(dbus.BUS_DAEMON_NAME, dbus.BUS_DAEMON_PATH).GetId(
            dbus_interface=dbus.BUS_DAEMON_IFACE, reply_handler=told, error_handler=sys.exit
        )
    else:
        {"answer": prompter.answer, "decline": prompter.decline}[word]()
    return True


DBusGMainLoop(set_as_default=True)
loop = GLib.MainLoop()
bus = dbus.SessionBus()
prompter = Prompter(bus, PATH)
name = dbus.service.BusName(NAME, bus)
# Without a buffer: what is buffered wakes nobody.
GLib.io_add_watch(open(0, "rb", buffering=0), GLib.IO_IN | GLib.IO_HUP, command)
say("ready")
loop.run()
