/**
 * Filters by name, checked on our side too. Servers search with SQL's LIKE, in which `_` and `%` are wildcards: a
 * search for `a_b` also finds `a-b`.
 */

/** Whether a text has characters that servers take for wildcards. */
export const hasWildcard = (text: string | undefined): boolean => text !== undefined && /[%_\\]/.test(text)

type Having<Field extends string> = { readonly [Name in Field]: string }

/** Whether the field begins as was asked for, whatever the case. */
export const beginsAs =
  <Field extends string>(field: Field, wanted: string | undefined) =>
  (found: Having<Field>): boolean =>
    wanted === undefined || found[field].toLowerCase().startsWith(wanted.toLowerCase())

/** Whether the field contains what was asked for, whatever the case. */
export const contains =
  <Field extends string>(field: Field, wanted: string | undefined) =>
  (found: Having<Field>): boolean =>
    wanted === undefined || found[field].toLowerCase().includes(wanted.toLowerCase())
