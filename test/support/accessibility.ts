// What axe-core would ask first, as one script for a page: https://www.w3.org/WAI/WCAG22/quickref/

/**
 * Evaluates to a list of faults: language, title, one h1, ids, names of controls, alternatives of pictures, what is hidden and
 * seen all the same, contrast of text (1.4.3) and the size of what is pressed (2.5.8). Colours are those in force.
 */
export const FAULTS = `(() => {
  const faults = []
  const all = (selector) => [...document.querySelectorAll(selector)]
  const isSeen = (element) => element.checkVisibility() && element.getClientRects().length > 0
  const show = (element) => element.outerHTML.slice(0, 120)

  if (!document.documentElement.lang) faults.push('no language')
  if (!document.title) faults.push('no title')
  if (all('h1').length !== 1) faults.push(all('h1').length + ' h1')
  const ids = all('[id]').map(({ id }) => id)
  faults.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => 'twice #' + id))

  const labelsOf = ({ labels }) => [...(labels ?? [])].map(({ textContent }) => textContent).join(' ')
  for (const each of all('input:not([type=hidden]):not([hidden]), select, textarea'))
    if ((each.getAttribute('aria-label') ?? labelsOf(each)).trim() === '') faults.push('no name: ' + show(each))
  for (const each of all('button, a[href], summary').filter(({ hidden }) => !hidden))
    if ((each.getAttribute('aria-label') ?? each.textContent).trim() === '') faults.push('no words: ' + show(each))
  for (const each of all('[hidden]')) if (isSeen(each)) faults.push('hidden, and seen: ' + show(each))
  for (const each of all('img:not([alt]), svg:not([role=img]):not([aria-hidden])')) faults.push('no alternative: ' + show(each))

  const pressed = 'button, .button, select, textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio]), label:has(> input[type=checkbox]), label:has(> input[type=radio]), summary'
  for (const each of all(pressed).filter(isSeen)) {
    const { width, height } = each.getBoundingClientRect()
    if (width < 24 || height < 24) faults.push('too small: ' + show(each))
  }

  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const toRgba = (color) => {
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = color
    pixel.fillRect(0, 0, 1, 1)
    return [...pixel.getImageData(0, 0, 1, 1).data].map((value) => value / 255)
  }
  const blend = (top, under) => top.slice(0, 3).map((value, i) => value * top[3] + under[i] * (1 - top[3]))
  const backgroundOf = (element) => {
    if (!element) return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [1, 1, 1]
    const own = toRgba(getComputedStyle(element).backgroundColor)
    return own[3] === 1 ? own.slice(0, 3) : blend(own, backgroundOf(element.parentElement))
  }
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const hasText = ({ childNodes }) => [...childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
  for (const each of all('body *').filter((element) => hasText(element) && isSeen(element))) {
    const { color, fontSize, fontWeight, clipPath, clip } = getComputedStyle(each)
    if (clipPath !== 'none' || clip !== 'auto') continue
    const under = backgroundOf(each)
    const [light, dark] = [luminance(blend(toRgba(color), under)), luminance(under)].sort((a, b) => b - a)
    const ratio = (light + 0.05) / (dark + 0.05)
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) faults.push('contrast ' + ratio.toFixed(2) + ': ' + show(each))
  }
  return faults
})()`
