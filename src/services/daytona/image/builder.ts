/** Defines the functions of `Image`: both `image.pipe(call(arguments))` and `call(image, arguments)`. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Model from "../../../schema/daytona/image/Image.js"
import { type Checked, nonEmptyLine, problem } from "../../../schema/daytona/image/text.js"

/** What an image with local files requires; any platform layer provides both (`NodeContext.layer`). */
export type LocalFiles = FileSystem.FileSystem | Path.Path

export type Steps = ReadonlyArray<Model.Step>

/** A function that adds steps, which require `Needs`. */
export interface Call<Arguments extends ReadonlyArray<unknown>, Needs = never> {
  (...input: Arguments): <R>(self: Model.Image<R>) => Model.Image<R | Needs>
  <R>(self: Model.Image<R>, ...input: Arguments): Model.Image<R | Needs>
}

export const noSteps: Steps = []

export const instruction = (text: string): Model.Instruction => ({ _tag: "Instruction", text })

export const instructions = (...texts: ReadonlyArray<string>): Steps => texts.map(instruction)

/** The steps of a call, or an `Invalid` step with the problem. */
export const stepsOf = (call: string, checked: Checked<Steps>): Steps =>
  Either.getOrElse(checked, (invalid): Steps => [{ _tag: "Invalid", call: `Image.${call}`, ...invalid }])

export const make = (call: string, checked: Checked<Steps>): Model.Image => Model.make(...stepsOf(call, checked))

export const isDataFirst = (input: IArguments): boolean => Model.isImage(input[0])

/** Defines a function that adds steps. */
export const call = <Arguments extends ReadonlyArray<unknown>>(
  name: string,
  steps: (...input: Arguments) => Checked<Steps>
): Call<Arguments> =>
  dual(
    isDataFirst,
    <R>(self: Model.Image<R>, ...input: Arguments): Model.Image<R> => Model.append(self, stepsOf(name, steps(...input)))
  )

/** As `call`, for steps that take files from this machine. */
export const localCall = <Arguments extends ReadonlyArray<unknown>>(
  name: string,
  steps: (...input: Arguments) => Checked<Steps>
): Call<Arguments, LocalFiles> => call(name, steps)

/** A local path, checked without accessing the file system. */
export const localPath = (argument: string, path: string): Checked<string> =>
  Either.flatMap(nonEmptyLine(argument, path), (checked) =>
    /^~(\/|$)/.test(checked)
      ? problem(argument, "must not begin with `~`, which only shells expand")
      : Either.right(checked)
  )
