/** Writes sections of a page as HTML. Node writes reports with it, and the page shows new results with it. */
import { csvText } from '../csv.ts'
import type { Figure } from '../figures/figure.ts'
import type { PageTable, Section } from './page.ts'

/** Text as HTML: names come from files and must stay text. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character])
}

/** The blocks of Unicode whose letters are written right to left. */
const RTL = String.raw`[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]`

/** What a name consists of in an escaped text. Counts, sentences and entities are no part of it. */
const IN_NAME = String.raw`[^\s,;:=()&]`

/** Names with such letters, and the spaces between their words; a point at the end belongs to the sentence. */
const RTL_WORD = `${IN_NAME}*${RTL}(?:${IN_NAME}*(?!\\.)${IN_NAME})?`
const RTL_NAME = new RegExp(String.raw`${RTL_WORD}(?:\s+${RTL_WORD})*`, 'gu')

/** An English text as HTML. A name written right to left turns only itself: numbers beside it keep their order. */
function wholeHtml(text: string): string {
  return escapeHtml(text).replace(RTL_NAME, '<bdi>$&</bdi>')
}

/** The comma before a type, whose name may begin with a digit: a=1,|2xlarge=3. Not that of a number. */
const BETWEEN_TYPES = /,(?=[^\s\d]|[^\s,=]+=)/g

/** An English text as HTML, in which a configuration may be divided after the commas between its types. */
export function proseHtml(text: string): string {
  return wholeHtml(text).replace(BETWEEN_TYPES, ',<wbr>')
}

/** What precedes the sign of an exponent, as in 1e-5. */
const EXPONENT = String.raw`(?<![\p{L}\d._-])\d[\d.]*e`

/** Where a name may be divided: g4dn.|2xlarge, c5.|2xlarge, zone-|1-|b. Not within a number with its unit: 1.5x. */
const IN_PARTS = new RegExp(
  String.raw`(?<!${EXPONENT})(?<=\p{L})[._-]+(?=[\p{L}\d])|(?<=\d)[_-]+(?=\d*\p{L})|(?<=\p{L}\d+)\.(?=\d*\p{L})`,
  'giu',
)

/** A text as HTML in which names may be divided between their parts too. */
export function partsHtml(text: string): string {
  return proseHtml(text).replace(IN_PARTS, '$&<wbr>')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A value as JSON inside a script element: no tag can end the element or open a comment. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

/** @param svgs the drawn pictures by the id of their figure; a figure without one has an empty frame */
export function sectionsHtml(sections: readonly Section[], svgs: ReadonlyMap<string, string>): string {
  return sections.map((section) => sectionHtml(section, svgs)).join('\n')
}

function sectionHtml(section: Section, svgs: ReadonlyMap<string, string>): string {
  const { id, title, paragraphs = [], figures = [], tables = [] } = section
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${proseHtml(title)}</h2>
${paragraphs.map((text) => `<p>${proseHtml(text)}</p>`).join('\n')}
${tables.map(tableHtml).join('\n')}
${figures.length > 0 ? `<div class="figures">${figures.map((figure) => figureHtml(figure, svgs.get(figure.id) ?? '')).join('\n')}</div>` : ''}
</section>`
}

function figureHtml({ id, title, caption, alt, data }: Figure, svg: string): string {
  const csv = csvText([data.columns, ...data.rows])
  return `<figure id="figure-${id}" aria-labelledby="figure-${id}-title">
<figcaption><h3 id="figure-${id}-title">${proseHtml(title)}</h3><p>${proseHtml(caption)}</p></figcaption>
<div class="plot" role="img" aria-label="${escapeHtml(alt)}">${svg}</div>
<p class="data"><a download="${id}.csv" href="data:text/csv;charset=utf-8,${encodeURIComponent(csv)}" aria-label="${escapeHtml(`Data of the figure: ${title}`)}">Data (CSV)</a> <button type="button" class="picture" data-picture="${id}" aria-label="${escapeHtml(`Picture of the figure: ${title}`)}">Picture (PNG)</button></p>
</figure>`
}

/** A text of more characters, which are as a rule wider than 15rem, may take several lines of a table. */
const LONG = 32

/** Without a place to divide it, a part of so many characters is divided anywhere; shorter ones stay whole. */
const LONG_PART = 13

function dividedClass(html: string): string {
  return html.split(/<[^>]*>|\s/).some((part) => part.length >= LONG_PART) ? ' divided' : ''
}

function tableHtml({ id, caption, columns, rows, note, choices, chosen }: PageTable): string {
  const cellOf = (text: string, c: number) => {
    if (columns[c].numeric) return `<td class="number">${escapeHtml(text)}</td>`
    if (text.length <= LONG) return `<td>${wholeHtml(text)}</td>`
    const html = partsHtml(text)
    return `<td class="long${dividedClass(html)}">${html}</td>`
  }
  const [head, ...heads] = columns.map(({ name, numeric }) => {
    const html = partsHtml(name)
    const classes = `${numeric ? 'number' : 'text'}${dividedClass(html)}`
    return `<th scope="col" class="${classes}">${html}</th>`
  })
  const body = rows.map((cells, r) => {
    const choice = choices === undefined ? '' : choiceHtml(choices[r], choices[r] === chosen)
    const [first, ...others] = cells.map(cellOf)
    return `<tr>${first}${choice}${others.join('')}</tr>`
  })
  return `<div class="table" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table id="table-${id}">
<caption>${proseHtml(caption)}</caption>
<thead><tr>${head}${choices === undefined ? '' : '<th scope="col" class="choice">choose</th>'}${heads.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>${note === undefined ? '' : `<p class="note">${proseHtml(note)}</p>`}`
}

function choiceHtml(configuration: string, isChosen: boolean): string {
  const text = escapeHtml(configuration)
  return `<td class="choice"><button type="button" data-choose="${text}" aria-label="why ${text}" aria-pressed="${isChosen}">why</button></td>`
}
