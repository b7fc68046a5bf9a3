/** What a suite is made of. */

/** What a variant measured, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>

/** What a measured process is told. */
export interface Setting {
  /** What the server of the suite told about itself, such as its address. */
  readonly server: Readonly<Record<string, string>>
  /** The size of large files, in MiB. */
  readonly size: number
}

/**
 * Runs in a process of its own; warms up by itself. Imports what it measures when it is called, so that no variant
 * loads another's modules.
 */
export type Variant = (setting: Setting) => Promise<Figures>

export interface Column {
  readonly figure: string
  readonly unit: string
  /** Digits behind the point; default 1. */
  readonly digits?: number
}

/** Variants that are compared with each other. */
export interface Table {
  readonly name: string
  readonly variants: Readonly<Record<string, Variant>>
  /** The variant and the figure that the ratios are of. */
  readonly base?: { readonly variant: string; readonly figure: string }
  readonly columns: ReadonlyArray<Column>
  /** Measured in one round only: since it is the same each time, or takes long. */
  readonly once?: true
  /** The seconds after which a variant is taken to hang; default 180. */
  readonly patience?: number
}

export interface Suite {
  readonly title: string
  readonly tables: ReadonlyArray<Table>
  /**
   * The server runs where `/proc` shows only its own processes, as a sandbox does, if the system allows that. Otherwise
   * a line says that it does not.
   */
  readonly ownProcesses?: true
  /** Starts the server, in a process of its own that is ended from outside. */
  readonly serve?: (setting: Pick<Setting, "size">) => Promise<Readonly<Record<string, string>>>
}

/** The module of a suite: `sse-stream` is in `sseStream.ts`. */
export const moduleOf = (suite: string): string =>
  suite.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
