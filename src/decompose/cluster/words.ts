const stopWords = new Set(["get", "do", "is", "to", "the", "of", "a", "and", "for", "from", "with", "by", "in", "or", "put", "maybe", "set", "new", "fun", "fn", "ok", "error", "if", "no", "not", "all", "as"]);

/** Singular of an English word, left alone where cutting an `s` would make a wrong one (`status`, `process`). */
export function singular(word: string): string {
  if (word.length < 4 || /(ss|us|is|as|os|ws)$/.test(word)) return word;
  if (/ies$/.test(word)) return word.replace(/ies$/, "y");
  if (/(vert|ind)ices$/.test(word)) return word.replace(/ices$/, "ex");
  if (/(ch|sh|x|ss|tus|rus|nus)es$/.test(word)) return word.replace(/es$/, "");
  return /s$/.test(word) ? word.slice(0, -1) : word;
}

/** The words of a snake_case name that tell what it is about. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/[?!]/g, "")
    .split(/_+|(?<=[a-z])(?=[0-9])/)
    .map((word) => singular(word.toLowerCase()))
    .filter((word) => word.length > 1 && !stopWords.has(word));
