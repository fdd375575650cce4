/** Elements of page.html by their id; a missing one is a defect of the page. */
import { proseHtml } from '../report/page/html.ts'

export function element<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element "${id}"`)
  return found as Kind
}

/** Shows a text, in which names may be written right to left. */
export function showText(id: string, text: string): void {
  element(id).innerHTML = proseHtml(text)
}

/** Shows an error, or none. */
export function showError(message: string): void {
  showText('error', message)
}

/** Shows why what was pressed or added did nothing, also where the page is scrolled away from the message. */
export function tellError(message: string): void {
  showError(message)
  element('error').scrollIntoView({ block: 'nearest' })
}

/** @param heard what screen readers tell beside it: it is seen elsewhere */
export function showStatus(text: string, heard = ''): void {
  showText('status', text)
  if (heard === '') return
  const part = document.createElement('span')
  part.className = 'hidden'
  part.innerHTML = ` ${proseHtml(heard)}.`
  element('status').append(part)
}

/** Saves a text or bytes as a file. */
export function download(name: string, content: BlobPart, type = 'text/plain'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
