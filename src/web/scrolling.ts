/** Pictures that are wider than their place, as on a phone. */

const sizes = new ResizeObserver((changes) => {
  for (const { target: plot } of changes) {
    if (!plot.isConnected) sizes.unobserve(plot)
    else if (plot.scrollWidth > plot.clientWidth) plot.setAttribute('tabindex', '0')
    // without its stop it would lose the focus
    else if (plot !== document.activeElement) plot.removeAttribute('tabindex')
  }
})

/** Lets the keyboard scroll a picture while it is wider than its place. */
export function followWidth(plot: Element): void {
  sizes.observe(plot)
}
