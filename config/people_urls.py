"""Signing in and out, and passwords, under Django's own names."""

from django.contrib.auth import views
from django.urls import path

from config.people import LinkForm, NewPasswordView, SignInForm

urlpatterns = [
    path("login/", views.LoginView.as_view(authentication_form=SignInForm), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("password_change/", views.PasswordChangeView.as_view(), name="password_change"),
    path("password_change/done/", views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("password_reset/", views.PasswordResetView.as_view(form_class=LinkForm), name="password_reset"),
    path("password_reset/done/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", NewPasswordView.as_view(), name="password_reset_confirm"),
    path("reset/done/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
