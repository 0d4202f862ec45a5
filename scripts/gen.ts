// Writes everything that follows from other files; with `--check` only says what is stale.
import "./gen-rules.ts";
import "./gen-settings.ts";
