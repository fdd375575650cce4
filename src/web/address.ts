/** Links to questions and to parts of the page. */
import { element } from './elements.ts'
import type { State } from './state.ts'

export interface AddressOptions {
  /** Whether the page shows the question of a link. */
  readonly isLinked: boolean
  /** The question without a link. */
  first(): Promise<State>
  /** The question of a fragment; nothing where it has none. */
  linked(fragment: string): Promise<State | undefined>
  /** Takes the question once it is read. */
  take(read: Promise<State | undefined>): void
}

/** Reads the question of the address each time it changes: a link was pasted, or the reader went back. */
export function followAddress({ isLinked, first, linked, take }: AddressOptions): void {
  /** Whether the question that was read last is of a link: after a damaged one the page keeps the question before. */
  let showsLinked = isLinked
  const read = async (fragment: string) => {
    const next = await (fragment === '' ? first() : linked(fragment))
    showsLinked = fragment !== ''
    return next
  }
  addEventListener('hashchange', () => {
    const { hash } = location
    if (hash === '' && !showsLinked) return
    take(
      read(hash).catch(() => {
        throw new Error('The link is damaged: the page keeps its question.')
      }),
    )
  })
}

/** Follows links to parts of the page without a change of the address, which keeps its question. */
export function bindPartLinks(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault()
      const part = element(link.hash.slice(1))
      part.focus({ preventScroll: true })
      part.scrollIntoView()
    })
  }
}
