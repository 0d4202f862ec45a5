const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe for HTML and XML, in elements and in quoted attributes; control characters XML forbids become U+FFFD. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
