/** The parameter types of TR-106 that the device uses; on the wire each has one XSD type. */
export type ParameterType =
  | "string"
  | "int"
  | "unsignedInt"
  | "long"
  | "unsignedLong"
  | "boolean"
  | "dateTime"
  | "base64"
  | "hexBinary"
  | "decimal";

/** One parameter, declared once; CWMP, USP and the command line are views of it. */
export type ParameterDeclaration = {
  /** Name within its object, without dots. */
  name: string;
  type: ParameterType;
  access: "readOnly" | "readWrite";
  /** Value of a new device in XSD lexical form; "" , "0", "false" or the Unknown Time by type when absent. */
  default?: string;
  enum?: readonly string[];
  /** The value is a comma-separated list; `enum` then holds for each item. */
  list?: true;
  /** Inclusive, in the parameter's own unit. */
  minimum?: number;
  maximum?: number;
  /** Characters. */
  maxLength?: number;
  /** What the text must look like; "" always does. */
  pattern?: "ip-address";
  /** Kept over restarts; by default what others may write. */
  persist?: boolean;
  /** Of `enum`, what management may set: the rest is the device's to say. */
  settable?: readonly string[];
  /** A command in the shape of a parameter: each write is told, an equal value too. It is not kept over restarts. */
  trigger?: true;
  /** A change takes effect at the agent's next start: SetParameterValues says so (TR-069 A.3.2.1, status 1). */
  later?: true;
  /** The value names rows of this table, without the dot at their end, or nothing (TR-106 §3.2.4). */
  refers?: string;
  /** Reads back as "" for everyone but the device itself. */
  secret?: true;
  /** Sent in every Inform. */
  inform?: true;
  /**
   * What a change by others than the ACS causes unless the ACS asks otherwise (TR-069 A.3.2.4): nothing, a mention in
   * the next Inform, or a session. "forced" is a session whatever the ACS asks (TR-106: forced active notification).
   */
  notify?: "off" | "passive" | "active" | "forced";
  description?: string;
  /** Where and why this declaration differs from the standard's table. */
  deviation?: string;
};

/** One object or table row and its parameters; `{i}` stands for an instance number. */
export type ObjectDeclaration = {
  path: string;
  /** As the standard has it; whether rows can be added to this device's table is for `mostRows` to say. */
  access: "readOnly" | "readWrite";
  /** Management may add rows to the table up to so many; without it the rows are those of the hardware. */
  mostRows?: number;
  /** The table has row 1 from the start, and no other one. */
  only?: true;
  parameters: readonly ParameterDeclaration[];
};
