"""What a test does to the keyring of its private session bus. One operation a run:

  bus.py ready            waits for the provider and prints what it has: open, locked or none
  bus.py lock             locks the keyring that new entries go to
  bus.py unlock PASSWORD  unlocks it without a prompt
  bus.py items            prints the items as JSON, with the values of those that are not locked
"""

import json
import sys

import dbus
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

SECRETS = "org.freedesktop.secrets"
SERVICE = "org.freedesktop.Secret.Service"
COLLECTION = "org.freedesktop.Secret.Collection"
ITEM = "org.freedesktop.Secret.Item"
# gnome-keyring's own interface, which its login program uses.
INTERNAL = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
ROOT = "/org/freedesktop/secrets"
NOTHING = "/"

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


def call(path, interface, method, *args):
    return bus.get_object(SECRETS, path, introspect=False).get_dbus_method(method, interface)(*args)


def get(path, interface, name):
    return call(path, dbus.PROPERTIES_IFACE, "Get", interface, name)


def keyring():
    return call(ROOT, SERVICE, "ReadAlias", "default")


def state():
    path = keyring()
    if path == NOTHING:
        return "none"
    return "locked" if get(path, COLLECTION, "Locked") else "open"


def must_be(wanted):
    if state() != wanted:
        sys.exit(f"the keyring is {state()}, not {wanted}")


def plain_session():
    return call(ROOT, SERVICE, "OpenSession", "plain", dbus.String("", variant_level=1))[1]


def ready():
    loop = GLib.MainLoop()
    watch = bus.watch_name_owner(SECRETS, lambda owner: owner and loop.quit())
    loop.run()
    watch.cancel()
    print(state())


def lock():
    call(ROOT, SERVICE, "Lock", dbus.Array([keyring()], signature="o"))
    must_be("locked")


def unlock(password):
    secret = dbus.Struct(
        (plain_session(), dbus.ByteArray(b""), dbus.ByteArray(password.encode()), "text/plain"),
        signature="oayays",
    )
    call(ROOT, INTERNAL, "UnlockWithMasterPassword", keyring(), secret)
    must_be("open")


def items():
    session = plain_session()

    def described(path):
        attributes = {str(name): str(value) for name, value in get(path, ITEM, "Attributes").items()}
        # gnome-keyring adds it once it has read the keyring back from its file.
        attributes.pop("xdg:schema", None)
        item = {"label": str(get(path, ITEM, "Label")), "attributes": attributes}
        if not get(path, ITEM, "Locked"):
            item["value"] = bytes(call(path, ITEM, "GetSecret", session)[2]).decode()
        return item

    path = keyring()
    paths = [] if path == NOTHING else get(path, COLLECTION, "Items")
    print(json.dumps([described(path) for path in paths]))


{"ready": ready, "lock": lock, "unlock": unlock, "items": items}[sys.argv[1]](*sys.argv[2:])
