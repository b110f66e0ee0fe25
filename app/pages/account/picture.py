"""My picture: sent, replaced, removed."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash
from flask_wtf.csrf import CSRFError
from flask_wtf.file import FileField, FileRequired
from werkzeug.exceptions import RequestEntityTooLarge

from app.extensions import csrf
from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import own_profile

_TOO_BIG = "Choose a smaller file: this one has over 10 MB."


class PictureForm(PortalForm):
    """A picture file."""

    picture = FileField(
        "Picture",
        [FileRequired("Choose a picture.")],
        description="A JPEG, PNG or WebP file of at most 10 MB.",
        render_kw={"accept": "image/jpeg,image/png,image/webp"},
    )


@csrf.exempt  # the form itself asks for the token: a file that is too big would be refused before, on an error page
def change() -> Response:
    """Ask for a picture on GET; on POST have it in place of the present one."""
    try:
        form = PictureForm()
    except RequestEntityTooLarge:
        form = PictureForm(formdata=None)
        form.picture.errors = [_TOO_BIG]
        return _ask(form, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if form.validate_on_submit():
        with form.refusals():
            own_profile.replace_picture(actor(), form.picture.data.read())
            flash("Your picture is saved.")
            return see_other("own_account.profile")
    if "csrf_token" in form.errors:
        raise CSRFError
    return _ask(form)


def remove() -> Response:
    """Have no picture."""
    own_profile.remove_picture(actor())
    flash("Your picture is removed.")
    return see_other("own_account.profile")


def _ask(form: PictureForm, status: HTTPStatus | None = None) -> Response:
    me = own_profile.get(actor())
    return render("account/picture.html", status, form=form, name=me.account.display_name, picture_id=me.picture_id)
