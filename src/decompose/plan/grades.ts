/** Stops between few large modules and many small ones. Apart from the planner, so that a page can know it without the planner. */
export const GRADES = 8;
