/** An image as data: the steps of a build, in order. Nothing is read or sent before the image is used. */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Pipeable from "effect/Pipeable"

export const TypeId: unique symbol = Symbol.for("effect-sandboxes/daytona/Image")
export type TypeId = typeof TypeId

/**
 * An image to build. `R` is what building it requires: `LocalFiles` when it takes files from this machine, otherwise
 * nothing. Two images are equal when they have the same steps.
 */
export interface Image<out R = never> extends Pipeable.Pipeable, Equal.Equal {
  readonly [TypeId]: { readonly _R: (_: never) => R }
  readonly steps: ReadonlyArray<Step>
}

/** One step of a build, before any file is read. */
export type Step = Instruction | Copy | Requirements | Project | DockerfileAt | Invalid

/** A complete instruction. */
export interface Instruction {
  readonly _tag: "Instruction"
  readonly text: string
}

/** An instruction that takes files from this machine. */
export interface Copy {
  readonly _tag: "Copy"
  /** The function that added it, such as `Image.copy`. */
  readonly call: string
  readonly instruction: string
  /** As in the Dockerfile: `--chown=1000`. */
  readonly flags: ReadonlyArray<string>
  readonly sources: ReadonlyArray<Source>
  /** As in the Dockerfile, quoted where necessary. */
  readonly destination: string
}

/** A rule that leaves files out, as a pattern of `.gitignore` that is anchored to the directory. */
export interface ExclusionRule {
  readonly glob: string
  /** Whether it includes again what earlier rules exclude. */
  readonly includes: boolean
}

/** A source of a `Copy`. */
export type Source =
  /** One file or directory, by its path. */
  | {
      readonly _tag: "Path"
      readonly argument: string
      readonly path: string
      readonly kind: "file" | "directory"
      readonly exclude: ReadonlyArray<ExclusionRule>
    }
  /** The files and directories that match a pattern, relative to a directory. */
  | {
      readonly _tag: "Pattern"
      readonly argument: string
      readonly directory: string
      readonly pattern: string
      /** A file that takes the place of the `.dockerignore` of the directory, if it exists. */
      readonly ignoreFile: string | undefined
    }
  /** Not a local file, but a URL for example: as in the Dockerfile. */
  | { readonly _tag: "Word"; readonly word: string }

/** Installs the packages in a local requirements file with pip. */
export interface Requirements {
  readonly _tag: "Requirements"
  readonly path: string
  /** The options of `pip install`, quoted. */
  readonly options: ReadonlyArray<string>
}

/** Installs the dependencies of a local Python project with pip. */
export interface Project {
  readonly _tag: "Project"
  readonly path: string
  /** Extras of the project. */
  readonly extras: ReadonlyArray<string>
  readonly dependencyGroups: ReadonlyArray<string>
  /** The options of `pip install`, quoted. */
  readonly options: ReadonlyArray<string>
}

/** A Dockerfile on this machine. */
export interface DockerfileAt {
  readonly _tag: "DockerfileAt"
  readonly path: string
  /** Default: the directory of the Dockerfile. */
  readonly contextDir: string | undefined
}

/** An invalid call. It fails when the image is used, so that building an image value never does. */
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

/** Adds steps to an image. */
export const append = <R>(self: Image<R>, steps: ReadonlyArray<Step>): Image<R> =>
  steps.length === 0 ? self : new Steps([...self.steps, ...steps])
