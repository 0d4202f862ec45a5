import type { JSX } from "preact";

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "vscode-button": JSX.HTMLAttributes<HTMLElement> & { readonly secondary?: boolean; readonly icon?: string; readonly disabled?: boolean };
    }
  }
}
