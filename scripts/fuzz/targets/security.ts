import { keychainItems, SECURITY } from "../../../backends/keychain.ts";
import { toolTarget } from "./keystore_tool.ts";

/** What `security` prints, on both of its outputs. */
const TEXTS = [
  'keychain: "/Users/ada/Library/Keychains/login.keychain-db"\nclass: "genp"\nattributes:\n    "acct"<blob>="a"\n',
  "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.\n",
  "security: SecKeychainItemCopyContent: User interaction is not allowed.\n",
  "security: SecItemAdd: The user name or passphrase you entered is not correct.\n",
  "password has been deleted.\n",
  'password: 0x61677A31  "agz1"\n',
  "61677a313a\n",
  "\n",
];

/** What the backend of the macOS Keychain makes of `security`. */
export const security = toolTarget(
  "security",
  TEXTS,
  "\n",
  (asking) =>
    keychainItems({
      program: SECURITY,
      home: "/Users/ada",
      asking,
      isGraphical: () => Promise.resolve(true),
    }),
);
