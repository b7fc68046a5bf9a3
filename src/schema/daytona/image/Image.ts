/** An image as data: the builder's calls in the order they were made. Nothing is read or sent before it is used. */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Pipeable from "effect/Pipeable"

export const TypeId: unique symbol = Symbol.for("effect-sandboxes/daytona/Image")
export type TypeId = typeof TypeId

/**
 * What to build. `R` says what is needed to use it: nothing, or `LocalFiles` where it takes files from this machine.
 * Two images are equal when they were made by the same calls.
 */
export interface Image<out R = never> extends Pipeable.Pipeable, Equal.Equal {
  readonly [TypeId]: { readonly _R: (_: never) => R }
  readonly steps: ReadonlyArray<Step>
}

/** One step of a build, as far as it is known without looking at any file. */
export type Step = Instruction | Copy | Project | DockerfileAt | Invalid

/** An instruction that is ready. */
export interface Instruction {
  readonly _tag: "Instruction"
  readonly text: string
}

/** An instruction that takes files from this machine. */
export interface Copy {
  readonly _tag: "Copy"
  /** The builder's call that asked for it. */
  readonly call: string
  readonly instruction: string
  /** As the Dockerfile writes them: `--chown=1000`. */
  readonly flags: ReadonlyArray<string>
  readonly sources: ReadonlyArray<Source>
  /** As the Dockerfile writes it: quoted where it must be. */
  readonly destination: string
}

/** Where files of a `Copy` come from. */
export type Source =
  /** One file or one directory, by its path. */
  | { readonly _tag: "Path"; readonly argument: string; readonly path: string; readonly kind: "file" | "directory" }
  /** What matches a pattern, below a directory. */
  | { readonly _tag: "Pattern"; readonly argument: string; readonly directory: string; readonly pattern: string }
  /** Nothing of ours, such as a URL: as the Dockerfile writes it. */
  | { readonly _tag: "Word"; readonly word: string }

/** The dependencies of a Python project, to be installed with pip. */
export interface Project {
  readonly _tag: "Project"
  readonly path: string
  readonly groups: ReadonlyArray<string>
  /** The options of `pip install`, quoted. */
  readonly options: ReadonlyArray<string>
}

/** A whole Dockerfile of this machine. */
export interface DockerfileAt {
  readonly _tag: "DockerfileAt"
  readonly path: string
  /** Default: the directory that it is in. */
  readonly contextDir: string | undefined
}

/** A call that cannot work. It is kept until the image is used, so that the builder itself never fails. */
export interface Invalid {
  readonly _tag: "Invalid"
  readonly call: string
  readonly argument: string
  readonly problem: string
}

const variance = { _R: (_: never) => _ }

class Steps extends Pipeable.Class() implements Image {
  readonly [TypeId] = variance
  readonly steps: ReadonlyArray<Step>

  constructor(steps: ReadonlyArray<Step>) {
    super()
    this.steps = steps
  }

  [Hash.symbol](): number {
    return Hash.cached(this, Hash.string(JSON.stringify(this.steps)))
  }

  [Equal.symbol](that: unknown): boolean {
    return isImage(that) && JSON.stringify(this.steps) === JSON.stringify(that.steps)
  }
}

export const isImage = (value: unknown): value is Image<unknown> =>
  typeof value === "object" && value !== null && TypeId in value

export const make = (...steps: ReadonlyArray<Step>): Image => new Steps(steps)

/** The same image with more steps. */
export const append = <R>(self: Image<R>, steps: ReadonlyArray<Step>): Image<R> =>
  steps.length === 0 ? self : new Steps([...self.steps, ...steps])
