/** The tools of a sandbox, called as a model calls them: by name, with whatever arguments. */
import type * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Sandbox } from "../../src/daytona.js"
import type { LocalRuntimeOptions } from "../../src/embedded/daytona/index.js"
import { embeddedToolbox } from "./embeddedToolbox.js"

export const everything = Toolkit.merge(
  SandboxToolkit.commands,
  SandboxToolkit.files,
  SandboxToolkit.python,
  SandboxToolkit.servers,
  SandboxToolkit.git,
  SandboxToolkit.desktop
)

type Tools = Toolkit.Tools<typeof everything>
type Name = keyof Tools

export const names = Object.keys(everything.tools)

const isName = (name: string): name is Name => names.includes(name)

export interface Answer {
  readonly isFailure: boolean
  readonly result: unknown
  /** What a model is sent. */
  readonly encodedResult: unknown
}

/** Calls a tool. The arguments are what they are: no type of a test stands between them and the tool. */
export const call = (
  name: string,
  given: Readonly<Record<string, unknown>> = {}
): Effect.Effect<Answer, unknown, Tool.HandlersFor<Tools>> =>
  isName(name)
    ? Effect.flatMap(everything, ({ handle }) => handle(name, given))
    : Effect.dieMessage(`there is no tool ${name}`)

/** What a model is sent of a successful call. */
export const answered = (name: string, given?: Readonly<Record<string, unknown>>) =>
  Effect.flatMap(call(name, given), ({ encodedResult, isFailure }) =>
    isFailure ? Effect.fail(encodedResult) : Effect.succeed(encodedResult)
  )

/** What a model is sent of a failed one. */
export const failed = (name: string, given?: Readonly<Record<string, unknown>>) =>
  Effect.flatMap(call(name, given), ({ encodedResult, isFailure }) =>
    isFailure ? Effect.succeed(encodedResult) : Effect.fail(encodedResult)
  )

/** How long an answer is, as a model reads it. */
export const lengthOf = ({ encodedResult }: Answer): number => JSON.stringify(encodedResult).length

/** All tools in a new sandbox of the embedded server. */
export const tools = (options: SandboxToolkit.Options = {}, sandbox: LocalRuntimeOptions = {}) =>
  SandboxToolkit.layer(options).pipe(
    Layer.provideMerge(Sandbox.servicesLayer),
    Layer.provideMerge(embeddedToolbox(sandbox))
  )
