/** Replaces parts of the results without losing the place of the reader: the focus, and how far tables are scrolled. */
import { element } from './elements.ts'

/** @param replace may remove the element that has the focus: that of the same purpose gets it, or the results */
export function keepPlace<Result>(replace: () => Result): Result {
  const results = element('results')
  const focused = document.activeElement as HTMLElement | null
  const places = focused && results.contains(focused) ? placesOf(focused) : []
  const scrolled = [...results.querySelectorAll<HTMLElement>('.table, .plot')]
    .filter(({ scrollLeft }) => scrollLeft > 0)
    .map((area) => ({ place: placesOf(area)[0], scrollLeft: area.scrollLeft }))
  const result = replace()
  for (const { place, scrollLeft } of scrolled) {
    const area = results.querySelector(place)
    if (area) area.scrollLeft = scrollLeft
  }
  if (places.length > 0 && !focused!.isConnected) {
    const found = places.map((place) => results.querySelector<HTMLElement>(place)).find(Boolean) ?? results
    // a picture is a stop of the keyboard while it is wider than its place, which is not known yet
    if (found.matches('.plot')) found.tabIndex = 0
    found.focus({ preventScroll: true })
  }
  return result
}

/** Selectors of what has the purpose of an element after it was replaced, the closest first. */
function placesOf(part: HTMLElement): string[] {
  const { choose } = part.dataset
  const table = part.closest('.table')?.querySelector('table')
  const figure = part.closest('figure')
  return [
    ...(choose === undefined ? [] : [`[data-choose="${CSS.escape(choose)}"]`]),
    ...(table ? [`.table:has(#${CSS.escape(table.id)})`] : []),
    ...(figure ? [`#${CSS.escape(figure.id)} ${part.localName}`] : []),
  ]
}
