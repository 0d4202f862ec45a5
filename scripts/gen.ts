// Writes everything that follows from other files; with `--check` only says what is stale.
import "./gen-rules.ts";
import "./gen-settings.ts";

// The pages read the rule list, which the first line may just have written: so not before.
void import("./gen-pages.ts");
