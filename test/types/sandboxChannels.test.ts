/** The errors and requirements of the services inside a sandbox, checked by the compiler. */
import type * as FileSystem from "@effect/platform/FileSystem"
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type {
  ApiError,
  Conflict,
  FileNotText,
  FileTooLarge,
  GitAlreadyExists,
  GitAuthenticationFailed,
  GitNotFound,
  GitRemoteUnreachable,
  NotFound,
  PortNotReady,
  PtyDetached,
  UnsupportedByDaemon,
  UploadIncomplete
} from "../../src/daytona.js"
import {
  type Files,
  type Git,
  Image,
  type Ports,
  type Process,
  type Pty,
  Sandbox,
  type Sandboxes,
  type Toolbox
} from "../../src/daytona.js"

type ErrorOf<T> = T extends Effect.Effect<unknown, infer E, unknown> ? E : never
type RequirementsOf<T> = T extends Effect.Effect<unknown, unknown, infer R> ? R : never

describe("the services inside a sandbox", () => {
  it("declare exactly their errors", () => {
    expectTypeOf<ErrorOf<ReturnType<Files.Service["info"]>>>().toEqualTypeOf<ApiError | NotFound>()
    expectTypeOf<ErrorOf<ReturnType<Files.Service["exists"]>>>().toEqualTypeOf<ApiError>()
    expectTypeOf<ErrorOf<ReturnType<Files.Service["readText"]>>>().toEqualTypeOf<
      Files.DownloadError | FileTooLarge | FileNotText
    >()
    expectTypeOf<ErrorOf<ReturnType<Git.Service["clone"]>>>().toEqualTypeOf<
      ApiError | GitAlreadyExists | GitAuthenticationFailed | GitNotFound | GitRemoteUnreachable | UnsupportedByDaemon
    >()
    expectTypeOf<ErrorOf<ReturnType<Ports.Service["awaitPort"]>>>().toEqualTypeOf<ApiError | PortNotReady>()
    expectTypeOf<ErrorOf<ReturnType<Pty.Service["create"]>>>().toEqualTypeOf<ApiError | Conflict>()
    expectTypeOf<Extract<ErrorOf<ReturnType<Pty.Service["attach"]>>, PtyDetached>>().toEqualTypeOf<PtyDetached>()
  })

  it("distinguish an exit code from a failure", () => {
    type Result = Effect.Effect.Success<ReturnType<Process.Service["execute"]>>
    expectTypeOf<Result["exitCode"]>().toEqualTypeOf<number>()
    expectTypeOf<Extract<ErrorOf<ReturnType<Process.Service["execute"]>>, { _tag: "CommandFailed" }>>().toBeNever()
    expectTypeOf<
      Extract<ErrorOf<ReturnType<Process.Service["executeOrFail"]>>, { _tag: "CommandFailed" }>["_tag"]
    >().toEqualTypeOf<"CommandFailed">()
  })

  it("pass on the errors and requirements of an uploaded stream, and add none of their own", () => {
    const uploads = (files: Files.Service) => ({
      failing: files.upload("a", Stream.fail("mine" as const)),
      plain: Effect.all([files.upload("a", "text"), files.upload("b", new Uint8Array())])
    })
    type Uploads = ReturnType<typeof uploads>
    expectTypeOf<ErrorOf<Uploads["failing"]>>().toEqualTypeOf<ApiError | UploadIncomplete | "mine">()
    expectTypeOf<ErrorOf<Uploads["plain"]>>().toEqualTypeOf<ApiError | UploadIncomplete>()
    expectTypeOf<RequirementsOf<Uploads["plain"]>>().toBeNever()
  })

  it("have no requirements beyond those of the sandbox", () => {
    const made = (sandboxes: Sandboxes.Service) => Effect.all([sandboxes.create(), sandboxes.create({ image: "a:1" })])
    expectTypeOf<RequirementsOf<ReturnType<typeof made>>>().toBeNever()
    const withFiles = (sandboxes: Sandboxes.Service) =>
      sandboxes.create({ image: Image.debianSlim("3.12").pipe(Image.addLocalFile("a", "/a")) })
    expectTypeOf<FileSystem.FileSystem>().toExtend<RequirementsOf<ReturnType<typeof withFiles>>>()
  })

  it("are built by a layer that requires only the sandboxes", () => {
    const layer = Sandbox.layer({ snapshot: "small" })
    expectTypeOf<Layer.Layer.Context<typeof layer>>().toEqualTypeOf<Sandboxes>()
    expectTypeOf<Layer.Layer.Success<typeof layer>>().toEqualTypeOf<Sandbox.SandboxServices>()
    expectTypeOf<Toolbox>().toExtend<Layer.Layer.Success<typeof layer>>()
    const inside = Effect.provide(Effect.void, layer)
    expectTypeOf<RequirementsOf<typeof inside>>().toEqualTypeOf<Sandboxes>()
  })
})
