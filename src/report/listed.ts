/** Lists that end: what a page has besides its entries must not grow with the run. */

/** The first elements of a list, and how many are missing. */
export interface Listed<A> {
  readonly first: ReadonlyArray<A>
  readonly more: number
}

export interface List<A> {
  readonly add: (element: A) => void
  readonly listed: () => Listed<A>
}

/** Something to look at. */
export interface Concern {
  /** The element that it is about. */
  readonly id: string
  readonly text: string
}

const mostElements = 50

export const make = <A>(): List<A> => {
  const first: Array<A> = []
  let more = 0
  return {
    add: (element) => {
      if (first.length < mostElements) first.push(element)
      else more++
    },
    listed: () => ({ first, more })
  }
}
