/** Apart from what uses it: the tools of a server are loaded later than its options. */
import type * as Tool from "@effect/ai/Tool"

/** What an application needs to answer calls of the tools. */
export type Requirements<Tools extends Record<string, Tool.Any>> =
  | Tool.HandlersFor<Tools>
  | Tool.Requirements<Tools[keyof Tools]>
