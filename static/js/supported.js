// Runs before the page is painted: says in a class that scripts run, so that the menu does not jump.
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
