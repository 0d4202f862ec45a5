/** The known words close to a mistyped one, nearest first, at most three. */
export function nearest(typed: string, known: Iterable<string>): readonly string[] {
  return [...known]
    .map((word) => ({ word, distance: distanceOf(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(word.length < 4 ? 1 : 2, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1))
    .slice(0, 3)
    .map(({ word }) => word);
}

/** A sentence that offers the nearest known words, with a space before it; "" when nothing is near. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const words = nearest(typed, known);
  return words.length === 0 ? "" : ` Did you mean ${words.join(" or ")}?`;
}

/** Levenshtein distance of two short words. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
