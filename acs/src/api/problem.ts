import type { Problem } from "./schemas.ts";

/** Every kind of error that the API answers with; the word is the last part of the problem's `type`. */
const kinds = {
  "invalid-request": { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "A token is needed" },
  forbidden: { status: 403, title: "This token may not do that" },
  "not-found": { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Not possible in the present state" },
  "too-large": { status: 413, title: "Too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported content type" },
  unprocessable: { status: 422, title: "Understood, and refused" },
  "refused-by-terms": { status: 422, title: "Refused by the provider's terms" },
  "image-refused": { status: 422, title: "Firmware image refused" },
  busy: { status: 503, title: "Busy" },
  internal: { status: 500, title: "Internal error" },
} as const;
export type ProblemKind = keyof typeof kinds;

/** An expected refusal: becomes an RFC 9457 answer; `remedy` tells in one sentence what the reader can do. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly kind: ProblemKind;
  readonly remedy: string | undefined;
  readonly more: Pick<Problem, "clause" | "errors">;

  constructor(
    kind: ProblemKind,
    detail: string,
    remedy?: string,
    more: Pick<Problem, "clause" | "errors"> = {},
  ) {
    super(detail);
    this.kind = kind;
    this.remedy = remedy;
    this.more = more;
  }

  get status(): number {
    return kinds[this.kind].status;
  }

  toProblem(): Problem {
    const { status, title } = kinds[this.kind];
    return {
      type: `urn:tonalite:problem:${this.kind}`,
      title,
      status,
      detail: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...this.more,
    };
  }
}

/** The usual 404: `what` names the thing, `remedy` where to find the right one. */
export function notFound(what: string, remedy: string): ApiProblem {
  return new ApiProblem("not-found", `There is no ${what}.`, remedy);
}
