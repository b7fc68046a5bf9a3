/** How the builder's calls are made: both `image.pipe(call(arguments))` and `call(image, arguments)`. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Model from "../../../schema/daytona/image/Image.js"
import type { Checked } from "../../../schema/daytona/image/text.js"

/** What an image needs that takes files from this machine; any platform layer has both (`NodeContext.layer`). */
export type LocalFiles = FileSystem.FileSystem | Path.Path

export type Steps = ReadonlyArray<Model.Step>

/** A call that adds steps; `Needs` is what the steps need to be used. */
export interface Call<Arguments extends ReadonlyArray<unknown>, Needs = never> {
  (...input: Arguments): <R>(self: Model.Image<R>) => Model.Image<R | Needs>
  <R>(self: Model.Image<R>, ...input: Arguments): Model.Image<R | Needs>
}

export const instruction = (text: string): Model.Instruction => ({ _tag: "Instruction", text })

export const instructions = (...texts: ReadonlyArray<string>): Steps => texts.map(instruction)

/** The steps of a call, or the step that remembers what is wrong with it. */
export const stepsOf = (call: string, checked: Checked<Steps>): Steps =>
  Either.getOrElse(checked, (problem): Steps => [{ _tag: "Invalid", call: `Image.${call}`, ...problem }])

export const make = (call: string, checked: Checked<Steps>): Model.Image => Model.make(...stepsOf(call, checked))

/** A call from the function that makes its steps. */
export const call = <Arguments extends ReadonlyArray<unknown>>(
  name: string,
  steps: (...input: Arguments) => Checked<Steps>
): Call<Arguments> =>
  dual(
    (input) => Model.isImage(input[0]),
    <R>(self: Model.Image<R>, ...input: Arguments): Model.Image<R> => Model.append(self, stepsOf(name, steps(...input)))
  )

/** The same for steps that take files from this machine. */
export const localCall = <Arguments extends ReadonlyArray<unknown>>(
  name: string,
  steps: (...input: Arguments) => Checked<Steps>
): Call<Arguments, LocalFiles> => call(name, steps)
