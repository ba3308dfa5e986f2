/** From entry to entry of the same list. */
export function moveFocus(from: HTMLAnchorElement, step: 1 | -1): void {
  const links = [...(from.closest('ul')?.querySelectorAll('a') ?? [])];
  links[links.indexOf(from) + step]?.focus();
}
