import { Problem } from "./schemas.ts";

const words = {
  400: "The request is not valid",
  403: "The token's role does not suffice",
  404: "Not found",
  409: "Not possible in the present state",
  413: "Too large",
  415: "Unsupported content type",
  422: "Understood, and refused",
  503: "Busy",
} as const;
type Refusal = keyof typeof words;

type ProblemAnswer = {
  description: string;
  content: { "application/problem+json": { schema: typeof Problem } };
};

/** The problem answers of an operation for its OpenAPI description; 401 belongs to every one. */
export function refusals<S extends Refusal>(...statuses: S[]): Record<S | 401, ProblemAnswer> {
  const answers: Partial<Record<Refusal | 401, ProblemAnswer>> = { 401: answer("A token is needed") };
  for (const status of statuses) answers[status] = answer(words[status]);
  return answers as Record<S | 401, ProblemAnswer>;
}

function answer(description: string): ProblemAnswer {
  return { description, content: { "application/problem+json": { schema: Problem } } };
}
