/** Resolutions from few large modules to many small ones: how much a tie must outweigh chance to hold. Apart from the planner, so that a page can count them without it. */
export const resolutions = [0.2, 0.3, 0.45, 0.7, 1, 1.4, 2, 3] as const;

/** Stops of the slider. */
export const GRADES = resolutions.length;
