/** Where a key of the Coding Plan is made, by region. https://docs.z.ai/devpack/quick-start */
export const KEY_PAGES: Readonly<Record<string, string>> = {
  global: "https://z.ai/manage-apikey/apikey-list",
  cn: "https://bigmodel.cn/usercenter/proj-mgmt/apikeys",
};

/** The region where nothing says another. */
export const DEFAULT_REGION = "global";

/** What somebody who logs in should know. https://docs.z.ai/devpack/overview */
export const NOTICE =
  "Zhipu has no public login for other programs: this one takes an API key of your Coding Plan.\n" +
  "Its terms allow the plan in the coding tools that Zhipu lists, such as Claude Code and Cline, not as a\n" +
  "general-purpose API. Using it in others can get the plan restricted.";
