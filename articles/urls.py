"""Pages of the news: what the press says, its review, where it comes from, and the archive that quotes point into."""

from django.urls import path

from articles import carrying_views, review_views, views

urlpatterns = [
    path("news/", views.news, name="news"),
    path("news/<int:pk>/", views.article, name="article"),
    path("archive/<str:digest>/", views.archive, name="archive"),
    path("search/", views.search, name="search"),
    path("review/", review_views.review, name="review"),
    path("review/<int:pk>/", review_views.review, name="review_article"),
    path("review/<int:pk>/decide/", review_views.decide, name="review_decide"),
    path("review/<int:pk>/reopen/", review_views.reopen, name="review_reopen"),
    path("review/<int:pk>/evidence/", review_views.annotate, name="review_annotate"),
    path("review/<int:pk>/now/", review_views.take_up, name="review_now"),
    path("review/<int:pk>/beside/<int:other>/", review_views.beside_each_other, name="review_beside"),
    path("review/<int:pk>/standing/", review_views.standing, name="review_standing"),
    path("review/<int:pk>/presence/", review_views.presence, name="review_presence"),
    path("review/queue/", review_views.review_queue, name="review_queue"),
    path("review/queue/decide/", review_views.decide_many, name="review_decide_many"),
    path("review/queue/reopen/", review_views.reopen_many, name="review_reopen_many"),
    path("review/edited/", carrying_views.edited, name="review_edited"),
    path("review/edited/<int:pk>/", carrying_views.decide_edited, name="review_edited_decide"),
    path("suggestions/<int:pk>/reopen/", review_views.reopen_suggestion, name="suggestion_reopen"),
    path("annotations/<int:pk>/undo/", review_views.undo_annotation, name="annotation_undo"),
    path("annotations/<int:pk>/restore/", review_views.restore_annotation, name="annotation_restore"),
    path("sources/", views.sources, name="sources"),
    path("sources/add/", views.add_source, name="source_add"),
    path("sources/document/", views.add_document, name="document_add"),
    path("sources/opml/", views.outline, name="sources_opml"),
    path("sources/<slug:slug>/", views.source, name="source"),
    path("sources/<slug:slug>/row/", views.source_row, name="source_row"),
    path("sources/<slug:slug>/import/", views.import_source, name="source_import"),
    path("sources/<slug:slug>/test/", views.test_source, name="source_test"),
    path("sources/<slug:slug>/stop/", views.stop_source, name="source_stop"),
    path("sources/<slug:slug>/switch/", views.switch_source, name="source_switch"),
]
