const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe for HTML and XML, in elements and in quoted attributes; control characters XML forbids become U+FFFD. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character).replace(/\p{Cc}/gu, (control) => (/[\t\r\n]/.test(control) ? control : "\ufffd"));
