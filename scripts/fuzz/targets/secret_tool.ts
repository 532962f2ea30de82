import { libsecretItems } from "../../../backends/libsecret.ts";
import { toolTarget } from "./keystore_tool.ts";

/** What `secret-tool` prints, on both of its outputs. */
const TEXTS = [
  "[/org/freedesktop/secrets/collection/login/1]\nlabel = agentgazer vault key\nsecret = x\n",
  "attribute.service = com.agentgazer.vault\nattribute.username = a\n",
  "secret-tool: Cannot create an item in a locked collection\n",
  "secret-tool: The name org.freedesktop.secrets was not provided by any .service files\n",
  "secret-tool: Could not activate remote peer: unit is not activatable\n",
  "secret-tool: Could not connect: No such file or directory\n",
  "secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY\n",
  "secret-tool: Object does not exist at path “/org/freedesktop/secrets/collection/login”\n",
  "secret-tool: Object does not exist at path “/org/freedesktop/secrets/collection/login/7”\n",
  "** Message: Remote error from secret service: org.freedesktop.DBus.Error.ServiceUnknown\n",
  "error: there is a locked object\n",
  "usage: secret-tool search attribute value ...\n",
];

const ENV: Readonly<Record<string, string>> = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" };

/** What the backend of the Secret Service makes of `secret-tool`. */
export const secretTool = toolTarget(
  "secret-tool",
  TEXTS,
  "",
  (asking) => libsecretItems({ env: (name) => ENV[name], asking }),
);
