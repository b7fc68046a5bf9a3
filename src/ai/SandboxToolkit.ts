/**
 * Tools with which a language model works in a sandbox. They come in groups, so that an application takes what it
 * grants; a group is a `Toolkit` of `@effect/ai`, and its handlers are a layer over the services of a sandbox, wherever
 * that is.
 */
import * as Prompt from "@effect/ai/Prompt"
import type * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { ComputerUse } from "../services/daytona/toolbox/computerUse/ComputerUse.js"
import type { Files } from "../services/daytona/toolbox/files/Files.js"
import type { Git } from "../services/daytona/toolbox/git/Git.js"
import type { CodeInterpreter } from "../services/daytona/toolbox/interpreter/CodeInterpreter.js"
import type { Ports } from "../services/daytona/toolbox/Ports.js"
import type { Process } from "../services/daytona/toolbox/process/Process.js"
import * as CommandHandlers from "./commands/handlers.js"
import * as CommandTools from "./commands/tools.js"
import * as DesktopHandlers from "./desktop/handlers.js"
import * as DesktopTools from "./desktop/tools.js"
import * as FileHandlers from "./files/handlers.js"
import * as FileTools from "./files/tools.js"
import * as GitHandlers from "./git/handlers.js"
import * as GitTools from "./git/tools.js"
import * as Kit from "./Kit.js"
import type { Options } from "./Options.js"
import { type Picture, pictureOf } from "./Picture.js"
import * as PythonHandlers from "./python/handlers.js"
import * as PythonTools from "./python/tools.js"
import * as ServerHandlers from "./servers/handlers.js"
import * as ServerTools from "./servers/tools.js"

export { layerMcpHttp, type McpHttpOptions, mcpHttpApp } from "./mcp/http.js"
export type { McpOptions } from "./mcp/options.js"
export { type McpStdioOptions, mcpStdio } from "./mcp/stdio.js"
export type { Options } from "./Options.js"

/** `run_command`. */
export const commands = CommandTools.toolkit

/** `read_file`, `write_file`, `edit_file`, `list_directory`, `find_files` and `search_files`. */
export const files = FileTools.toolkit

/** `run_python` and `reset_python`. */
export const python = PythonTools.toolkit

/** `start_server`, `read_server_output` and `stop_server`. */
export const servers = ServerTools.toolkit

/** `git_clone`, `git_status`, `git_diff`, `git_log`, `git_commit` and `git_branch`. */
export const git = GitTools.toolkit

/**
 * `desktop_screenshot`, `desktop_click`, `desktop_move_mouse`, `desktop_drag`, `desktop_scroll`, `desktop_type` and
 * `desktop_press`.
 */
export const desktop = DesktopTools.toolkit

/** The handlers of a toolkit, or of each of several. */
export type HandlersOf<T> = T extends Toolkit.Any ? Tool.HandlersFor<Toolkit.Tools<T>> : never

/** The handlers of `commands`. */
export const layerCommands = (options?: Options): Layer.Layer<HandlersOf<typeof commands>, InvalidRequest, Process> =>
  commands.toLayer(Effect.flatMap(Kit.make(options), CommandHandlers.make))

/** The handlers of `files`. */
export const layerFiles = (options?: Options): Layer.Layer<HandlersOf<typeof files>, InvalidRequest, Files> =>
  files.toLayer(Effect.flatMap(Kit.make(options), FileHandlers.make))

/** The handlers of `python`. Its session is made by the first call, and ends with the layer. */
export const layerPython = (
  options?: Options
): Layer.Layer<HandlersOf<typeof python>, InvalidRequest, CodeInterpreter> =>
  python.toLayer(Effect.flatMap(Kit.make(options), PythonHandlers.make))

/**
 * The handlers of `servers`. Its servers are killed with the layer.
 *
 * `url` is the preview address where the context also has `Sandboxes` and `Toolbox`, as it has under `Sandbox.layer`.
 * The token that opens a private one is not in it: a model may repeat what it reads. `Sandboxes.previewLink` has it for
 * the application.
 */
export const layerServers = (
  options?: Options
): Layer.Layer<HandlersOf<typeof servers>, InvalidRequest, Ports | Process> =>
  servers.toLayer(Effect.flatMap(Kit.make(options), ServerHandlers.make))

/** The handlers of `git`. */
export const layerGit = (options?: Options): Layer.Layer<HandlersOf<typeof git>, InvalidRequest, Git | Process> =>
  git.toLayer(Effect.flatMap(Kit.make(options), GitHandlers.make))

/** The handlers of `desktop`, which start the desktop before the first call. */
export const layerDesktop = (options?: Options): Layer.Layer<HandlersOf<typeof desktop>, InvalidRequest, ComputerUse> =>
  desktop.toLayer(Effect.flatMap(Kit.make(options), DesktopHandlers.make))

/** The services that all groups together need. */
export type Services = CodeInterpreter | ComputerUse | Files | Git | Ports | Process

/** The handlers of all groups. */
export type Handlers = HandlersOf<
  typeof commands | typeof files | typeof python | typeof servers | typeof git | typeof desktop
>

/**
 * The handlers of all groups. A model can only call what is in the toolkit that it is given: to have more handlers than
 * that grants nothing. Where a sandbox has fewer services, take the layers of single groups.
 *
 * Nothing is sent before the first call, so over `Sandbox.layerLazy` it is that call that creates the sandbox. Servers
 * and Python end with the layer. Fails with `InvalidRequest` for an option that is out of its bounds.
 */
export const layer = (options?: Options): Layer.Layer<Handlers, InvalidRequest, Services> =>
  Layer.mergeAll(
    layerCommands(options),
    layerFiles(options),
    layerPython(options),
    layerServers(options),
    layerGit(options),
    layerDesktop(options)
  )

/** The pictures in the results of tool calls, in order. */
export const pictures = (results: ReadonlyArray<{ readonly result: unknown }>): ReadonlyArray<Picture> =>
  results.flatMap(({ result }) => pictureOf(result) ?? [])

/**
 * A message of the user that shows the pictures of a response to the model, since results of tools are text in
 * `@effect/ai`. Empty when there are none.
 *
 * @example
 * ```ts
 * import { LanguageModel, Prompt } from "@effect/ai"
 * import { Effect } from "effect"
 * import { SandboxToolkit } from "effect-sandboxes/ai"
 *
 * const look = Effect.gen(function* () {
 *   const prompt = Prompt.make("What is on the screen?")
 *   const first = yield* LanguageModel.generateText({ prompt, toolkit: SandboxToolkit.desktop })
 *   const seen = [Prompt.fromResponseParts(first.content), SandboxToolkit.picturesIn(first.toolResults)]
 *   return yield* LanguageModel.generateText({ prompt: seen.reduce(Prompt.merge, prompt) })
 * })
 * ```
 */
export const picturesIn = (results: ReadonlyArray<{ readonly result: unknown }>): Prompt.Prompt => {
  const parts = pictures(results).map(({ bytes, mediaType }) => Prompt.makePart("file", { mediaType, data: bytes }))
  return parts.length === 0 ? Prompt.empty : Prompt.fromMessages([Prompt.makeMessage("user", { content: parts })])
}
