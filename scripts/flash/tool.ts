/** Set by the bundler where the tool is a package of its own. */
declare const flashToolName: string | undefined;

/** How the technician starts this program: said in its help and its remedies. */
export const toolName = typeof flashToolName === "string" ? flashToolName : "npm run flash --";
