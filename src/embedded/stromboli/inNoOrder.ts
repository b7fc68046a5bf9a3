/** The order in which Go walks over a map. */

/** The items in the order of their ids, which are random: not in the order in which they were made. */
export const inNoOrder = <A extends { readonly id: string }>(items: Iterable<A>): ReadonlyArray<A> =>
  [...items].sort((left, right) => (left.id < right.id ? -1 : 1))
