/** Figures as PNG files: the SVG of the page under its title, drawn by the canvas of the browser at twice its size. */
import { wrapped } from '../report/plots/wrap.ts'
import { download, tellError } from './elements.ts'

const SCALE = 2
const MARGIN_PX = 16
const TITLE_PX = 15
const INK = '#1a1a1a'

/** Makes the buttons of figures save their pictures. Without scripts they are hidden. */
export function bindPictures(): void {
  document.body.classList.add('drawing')
  document.addEventListener('click', ({ target }) => {
    const name = (target as HTMLElement).dataset?.picture
    const figure = (target as HTMLElement).closest('figure')
    const svg = figure?.querySelector('svg')
    if (name === undefined || !svg) return
    pngOf(svg, figure?.querySelector('h3')?.textContent ?? '')
      .then((png) => download(`${name}.png`, png, 'image/png'))
      .catch(() => tellError('This browser could not draw the picture: print the page, or use --svg.'))
  })
}

async function pngOf(svg: SVGSVGElement, title: string): Promise<Blob> {
  const { width, height } = svg.viewBox.baseVal
  const image = await imageOf(svg, width, height)
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')!
  const font = `600 ${TITLE_PX}px Helvetica, Arial, sans-serif`
  context.font = font
  const lines = wrapped(title, (text) => context.measureText(text).width <= width)
  const top = MARGIN_PX + lines.length * 1.3 * TITLE_PX
  canvas.width = SCALE * (width + 2 * MARGIN_PX)
  canvas.height = SCALE * (top + height + MARGIN_PX)
  context.scale(SCALE, SCALE)
  context.fillStyle = 'white'
  context.fillRect(0, 0, canvas.width, canvas.height)
  // a new size resets the context
  context.font = font
  context.fillStyle = INK
  for (const [i, line] of lines.entries())
    context.fillText(line, MARGIN_PX, MARGIN_PX + (1.3 * i + 0.8) * TITLE_PX)
  context.drawImage(image, MARGIN_PX, top, width, height)
  return new Promise((resolve, reject) =>
    canvas.toBlob((png) => (png ? resolve(png) : reject(new Error('no picture'))), 'image/png'),
  )
}

/** The picture as the file that `--svg` would be, whatever the size and the colours of the page. */
async function imageOf(svg: SVGSVGElement, width: number, height: number): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  return image
}
