/** The form: shows the state, and tells when a value changes. */
import type { InstanceType } from '../core.ts'
import { partsHtml, proseHtml } from '../report/page/html.ts'
import { DEFAULT_ROWS } from '../report/page/question.ts'
import { batchingOptions, batchingValue, withBatching } from './batching.ts'
import { element, showText } from './elements.ts'
import { listsAll, nameOf, type State } from './state.ts'

type Change = (state: State) => State

/** Ranges reach to this multiple of the value that the page starts with. */
const REACH = 4

/** A number field with its slider. Half-typed values are ignored until they are valid. */
function bindNumber(
  id: string,
  change: (apply: Change) => void,
  apply: (state: State, value: number) => State,
): void {
  const field = element<HTMLInputElement>(id)
  const slider = document.getElementById(`${id}-range`) as HTMLInputElement | null
  const take = (from: HTMLInputElement, other: HTMLInputElement | null) => {
    if (from.value === '' || !from.checkValidity()) return
    if (other) other.value = from.value
    change((state) => apply(state, Number(from.value)))
  }
  field.addEventListener('input', () => take(field, slider))
  slider?.addEventListener('input', () => take(slider, field))
}

/** What is wrong with a value, below its field. */
const wrong = document.createElement('p')
wrong.id = 'wrong-value'
wrong.className = 'hint wrong'
wrong.setAttribute('role', 'alert')

/** The fields that only a measurement reads, once it starts. */
const MEASURE_FIELDS: ReadonlySet<string> = new Set(['queries', 'repeats'])

/** Says what is wrong with the first wrong value: it changes nothing, and its red frame does not say why. */
function tellWrong(): void {
  removeWrong()
  const field = element('planner').querySelector<HTMLInputElement>('input:invalid')
  if (!field) return
  const name = field.labels?.[0]?.textContent?.trim() || field.getAttribute('aria-label')
  // the ranking does not depend on the fields of a measurement
  const stay = MEASURE_FIELDS.has(field.id) ? '' : ' The results are still those of the value before.'
  wrong.innerHTML = proseHtml(`${name}: ${field.validationMessage}${stay}`)
  ;(field.closest('label') ?? field.closest('table'))!.after(wrong)
  field.setAttribute('aria-describedby', wrong.id)
}

function removeWrong(): void {
  wrong.remove()
  document.querySelector(`[aria-describedby="${wrong.id}"]`)?.removeAttribute('aria-describedby')
}

/** Takes the message away once every value can be used. */
function untellWrong(): void {
  if (wrong.isConnected && !element('planner').querySelector('input:invalid')) removeWrong()
}

/** Connects the fields. @param change receives how the state changes */
export function bindControls(change: (apply: Change) => void): void {
  const withWorkload = (part: Partial<State['workload']>) => (state: State) => {
    return { ...state, workload: { ...state.workload, ...part } }
  }
  bindNumber('qos', change, (state, qosMs) => withWorkload({ qosMs })(state))
  bindNumber('percentile', change, (state, percentile) => withWorkload({ percentile })(state))
  bindNumber('budget', change, (state, budgetPerHour) => ({
    ...state,
    space: { ...state.space, budgetPerHour },
  }))
  for (const [id, part] of [
    ['rows', 'topN'],
    ['target', 'targetQps'],
    ['spare', 'spare'],
  ] as const) {
    const field = element<HTMLInputElement>(id)
    field.addEventListener('input', () => {
      if (!field.checkValidity()) return
      change((state) => ({ ...state, [part]: field.value === '' ? undefined : Number(field.value) }))
    })
  }
  const batching = element<HTMLSelectElement>('batching')
  batching.addEventListener('change', () => {
    change((state) => ({ ...state, workload: withBatching(state.workload, batching.value) }))
  })
  const pareto = element<HTMLInputElement>('pareto')
  pareto.addEventListener('change', () => change((state) => ({ ...state, pareto: pareto.checked })))
  element('unchoose').addEventListener('click', () => {
    change((state) => ({ ...state, counts: undefined }))
    // the button is hidden now
    element('chosen').focus()
  })
  element('planner').addEventListener('change', tellWrong)
  element('planner').addEventListener('input', untellWrong)
  const takeType = (field: HTMLInputElement, isDone: boolean) => {
    const { value, dataset } = field
    if (value === '' || !field.checkValidity()) return
    const t = Number(dataset.type)
    change((state) => {
      // a half-typed count may cross the other limit, which follows only once the count is complete
      if (!isDone && crossesLimit(state.space.types[t], dataset.field, Number(value))) return state
      const types = state.space.types.map((type, i) =>
        i === t ? withField(type, dataset.field, Number(value)) : type,
      )
      return { ...state, space: { ...state.space, types } }
    })
  }
  const types = element('types')
  types.addEventListener('input', ({ target: field }) => takeType(field as HTMLInputElement, false))
  types.addEventListener('change', ({ target: field }) => takeType(field as HTMLInputElement, true))
}

function crossesLimit({ min = 0, max }: InstanceType, field: string | undefined, value: number): boolean {
  return field === 'min' ? value > max : field === 'max' && value < min
}

function withField(type: InstanceType, field: string | undefined, value: number): InstanceType {
  if (field === 'pricePerHour') return { ...type, pricePerHour: value }
  // the other limit follows, so that the space stays valid
  if (field === 'min') return { ...type, min: value, max: Math.max(value, type.max) }
  return { ...type, max: value, min: Math.min(value, type.min ?? 0) }
}

/** Writes the state into the fields. @param edited the field of an edit, which keeps what is typed */
export function showState(state: State, edited?: Element | null): void {
  const { workload, space, topN, targetQps, spare, pareto = false } = state
  const set = (id: string, value: string) => {
    const field = element<HTMLInputElement>(id)
    if (field !== edited) field.value = value
  }
  set('rows', topN === undefined ? '' : String(topN))
  element<HTMLInputElement>('rows').placeholder = listsAll({ ...state, topN: undefined })
    ? 'all'
    : String(DEFAULT_ROWS)
  set('target', targetQps === undefined ? '' : String(targetQps))
  set('spare', spare === undefined ? '' : String(spare))
  const spareField = element<HTMLInputElement>('spare')
  spareField.disabled = targetQps === undefined
  spareField.placeholder = spareField.disabled ? 'no target' : 'none'
  element<HTMLInputElement>('pareto').checked = pareto
  element<HTMLInputElement>('pareto').disabled = targetQps !== undefined
  for (const [id, value] of [
    ['qos', workload.qosMs],
    ['percentile', workload.percentile],
    ['budget', space.budgetPerHour],
  ] as const) {
    set(id, String(value))
    set(`${id}-range`, String(value))
  }
  set('batching', batchingValue(workload))
  const name = nameOf(state)
  showText('chosen', name ?? 'the first row')
  element('unchoose').hidden = name === undefined
  showTypes(space.types, edited)
  untellWrong()
}

/** Sets the reach of the sliders, the names of the models, and the sizes of batches. */
export function showQuestion({ workload, space, shipped }: State, shippedNames: readonly string[]): void {
  for (const [id, value] of [
    ['qos-range', workload.qosMs],
    ['budget-range', space.budgetPerHour],
  ] as const) {
    const slider = element<HTMLInputElement>(id)
    const step = 10 ** (Math.floor(Math.log10(value)) - 2)
    slider.min = String(step)
    slider.step = String(step)
    slider.max = String(Number((REACH * value).toPrecision(4)))
  }
  element<HTMLInputElement>('percentile-range').min = String(Math.min(90, workload.percentile))
  const select = element<HTMLSelectElement>('model')
  const options = shippedNames.map((name) => new Option(name, name, false, name === shipped))
  if (shipped === undefined) options.unshift(new Option(`${workload.model} (own data)`, '', true, true))
  select.replaceChildren(...options)
  element('batching').replaceChildren(...batchingOptions(workload))
}

function showTypes(types: readonly InstanceType[], edited?: Element | null): void {
  const body = element('types').querySelector('tbody')!
  if (
    body.childElementCount !== types.length ||
    body.dataset.names !== types.map(({ name }) => name).join('\n')
  ) {
    body.dataset.names = types.map(({ name }) => name).join('\n')
    const focused = [...body.querySelectorAll('input')].indexOf(document.activeElement as HTMLInputElement)
    body.replaceChildren(...types.map(typeRow))
    // the field at the same place gets the focus of a replaced one, or the budget above them
    if (focused >= 0)
      (body.querySelectorAll('input')[focused] ?? element('budget')).focus({ preventScroll: true })
  }
  for (const field of body.querySelectorAll('input')) {
    const type = types[Number(field.dataset.type)]
    if (field !== edited)
      field.value = String(type[field.dataset.field as 'min' | 'max' | 'pricePerHour'] ?? 0)
  }
}

function typeRow({ name }: InstanceType, t: number): HTMLTableRowElement {
  const row = document.createElement('tr')
  const head = document.createElement('th')
  head.scope = 'row'
  head.innerHTML = partsHtml(name)
  row.append(head)
  for (const [field, label] of [
    ['pricePerHour', 'dollars an hour'],
    ['min', 'smallest count'],
    ['max', 'largest count'],
  ] as const) {
    const input = document.createElement('input')
    input.type = 'number'
    input.min = field === 'pricePerHour' ? '0.000001' : '0'
    input.step = field === 'pricePerHour' ? 'any' : '1'
    input.required = true
    input.dataset.type = String(t)
    input.dataset.field = field
    input.setAttribute('aria-label', `${name}: ${label}`)
    const cell = document.createElement('td')
    cell.append(input)
    row.append(cell)
  }
  return row
}
