drop view public.venues_shown;
