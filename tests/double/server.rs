//! Every provider's double under one name each, for tests that go over all providers.

use super::{city, foursquare, google, osm, yelp};

/// What every double has.
pub(crate) trait Serves {
    /// The variables that lead to it, and its key.
    fn variables(&self) -> Vec<(&'static str, String)>;

    /// Requests that were answered.
    fn answered(&self) -> u64;

    /// What the callers said they are, where it listens to that.
    fn callers(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The double of a provider over the demo's town.
pub(crate) async fn of(provider: &str) -> Box<dyn Serves> {
    match provider {
        "google" => Box::new(google::Double::serve(city::town()).await),
        "foursquare" => Box::new(foursquare::Double::serve(&city::town(), foursquare::Mood::Good).await),
        "osm" => Box::new(osm::Double::serve(&city::town()).await),
        "yelp" => Box::new(yelp::Double::serve(&city::town()).await),
        other => panic!("{other} has no double yet"),
    }
}

impl Serves for google::Double {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("GOOGLE_PLACES_BASE_URL", self.url()), ("GOOGLE_PLACES_API_KEY", google::KEY.to_owned())]
    }

    fn answered(&self) -> u64 {
        self.asked()
    }
}

impl Serves for foursquare::Double {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("FOURSQUARE_BASE_URL", self.url()), ("FOURSQUARE_API_KEY", foursquare::KEY.to_owned())]
    }

    fn answered(&self) -> u64 {
        self.asked()
    }
}

impl Serves for osm::Double {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("OVERPASS_BASE_URL", self.url())]
    }

    fn answered(&self) -> u64 {
        self.asked()
    }

    fn callers(&self) -> Vec<String> {
        Self::callers(self)
    }
}

impl Serves for yelp::Double {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("YELP_BASE_URL", self.url()), ("YELP_API_KEY", yelp::KEY.to_owned())]
    }

    fn answered(&self) -> u64 {
        self.received()
    }
}
