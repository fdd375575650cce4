/** Takes the place of a module of which the page uses nothing. */
export {}
